// Where the machine has no emoji font, the few that matter are drawn and the others are left out.

const SVG = "http://www.w3.org/2000/svg";
const PICTURES = /(\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:[\u{FE0E}\u{FE0F}\u{20E3}]|\p{EMod}|\u{200D}\p{Extended_Pictographic})*)/gu;

const DRAWINGS = {
  "👀": ["#fff", "M3 12c0-4 1.8-7 4.2-7s4.2 3 4.2 7-1.8 7-4.2 7S3 16 3 12Zm9.6 0c0-4 1.8-7 4.2-7s4.2 3 4.2 7-1.8 7-4.2 7-4.2-3-4.2-7ZM8 9.5a1.6 2.4 0 1 0 .01 0Zm9.6 0a1.6 2.4 0 1 0 .01 0Z"],
  "👌": ["#f7c948", "M8 12a4 4 0 1 0 .01 0Zm0 2.3a1.7 1.7 0 1 1-.01 0ZM10.6 12.3 11.5 4.5c.1-1 1.7-.9 1.7.1l.1 8.2ZM13.3 13 15.9 5.8c.4-.9 1.9-.4 1.6.6l-2.3 8.1ZM14.8 14.8 18.4 9.2c.6-.8 1.9 0 1.4.9L15.7 18c-1 1.8-2.5 2.5-4.2 2.5"],
  "👍": ["#f7c948", "M4 11h3.5v9H4Zm3.5 0 4-7.5c1.8 0 2.5 1.5 2 3L12.7 9.5H18c1.5 0 2.3 1.2 2 2.5l-1.5 6.5c-.3 1-1 1.5-2 1.5h-9"],
  "✅": ["#36b37e", "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm3 8.5 3 3 5.5-6.5"],
  "❤": ["#e5484d", "M12 20S4 15 4 9.5A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 20 9.5C20 15 12 20 12 20Z"],
  "🎤": ["none", "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Zm-7 8.5a7 7 0 0 0 14 0M12 18.5V22"],
  "🔁": ["none", "M4 12V9.5A3.5 3.5 0 0 1 7.5 6H20l-3-3m3 9v2.5a3.5 3.5 0 0 1-3.5 3.5H4l3 3"],
  "🌐": ["none", "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm-9 9h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18Z"],
  "📝": ["none", "M5 4h14v10l-6 6H5Zm8 16v-6h6M8 8h8M8 11.5h5"],
  "💡": ["#f7c948", "M9 18h6m-5 3h4M12 3a6 6 0 0 0-3.5 10.9V15h7v-1.1A6 6 0 0 0 12 3Z"],
  "⏹": ["currentColor", "M7 7h10v10H7Z"],
  "▶": ["none", "M8 5v14l11-7Z"],
  "🔊": ["none", "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Zm11-1a5 5 0 0 1 0 7m2.5-9.5a8.5 8.5 0 0 1 0 12"],
  "⚠": ["#f7c948", "M12 4 2.5 20h19Zm0 6v4.5m0 2.5v.01"],
  "❌": ["none", "m6 6 12 12M18 6 6 18"],
  "🔥": ["#ff8b3d", "M12 3c1 4 5.5 5.5 5.5 10.5A5.5 5.5 0 0 1 12 20.5a5.5 5.5 0 0 1-5.5-6.5c.3-2 1.5-3 2-4.5 1 .5 1.5 1.5 1.5 2.5 2-2.5 2.5-5 2-9Z"],
  "⭐": ["#f7c948", "m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9L3.5 9.7l5.9-.8Z"],
  "🎙": ["none", "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Zm-7 8.5a7 7 0 0 0 14 0M12 18.5V22"],
  "🌍": ["none", "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm-9 9h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18Z"],
  "👂": ["#f1c9a5", "M7 9.5a5.5 5.5 0 0 1 11 0c0 4-3.5 4.5-3.5 7.5a3.5 3.5 0 0 1-6.5 1.8M10 10a2.5 2.5 0 0 1 5 0c0 2-2.5 2-2.5 4"],
  "✏": ["#f7c948", "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19ZM13.5 7l3.5 3.5"],
  "🐢": ["#7cc47f", "M4 16a7 6.5 0 0 1 13 0Zm13-2.5c2.5-3 5-1 4.5 1s-2.5 1.5-4.5 1.5M6.5 16v3m8-3v3M8 12.5h5"],
  "🎉": ["#f7c948", "M4 20 9 8l7 7ZM13 7c0-2 1-3 2.5-3m1.5 7c2 0 3-1 3-2.5M17.5 5.5v.01M20 14v.01M11 4v.01"],
  "🔴": ["#e5484d", "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14Z"],
  "📊": ["none", "M4 4v16h16M8.5 16v-4m4 4V7m4 9v-6"],
  "🎯": ["none", "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm0 4v.01"],
  "🧭": ["none", "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm4 5-2.5 5.5L8 16l2.5-5.5Z"],
  "💬": ["none", "M21 11.5a8 7 0 0 1-8 7H5l1.5-3A8 7 0 1 1 21 11.5ZM9 11.5h.01m3.5 0h.01m3.5 0h.01"],
  "👋": ["#f7c948", "M7 12.5 5 9.5m2 3 4.5 6.5c2 2.5 8 1 8-3.5V10a1.3 1.3 0 0 0-2.6 0v2L12.5 5.5m-1 6L8 6m6.5 5L10 4.5"],
  "👩": ["#f1c9a5", "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM5 20a7 6.5 0 0 1 14 0ZM8 8c-2 2-2 5-1 6m9-6c2 2 2 5 1 6"],
  "👤": ["none", "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.5 20a7.5 6.5 0 0 1 15 0Z"],
  "🗣": ["none", "M10 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM2.5 20a7.5 6.5 0 0 1 15 0ZM17 6a5 5 0 0 1 0 6m3-8a8.5 8.5 0 0 1 0 10"],
  "🔒": ["none", "M6 11h12v9H6Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3"],
  "📱": ["none", "M7.5 3h9v18h-9ZM11 18h2"],
  "🗑": ["none", "M5 7h14M10 4h4M6.5 7l1 13h9l1-13M10 11v5m4-5v5"],
  "🎓": ["none", "M12 5 2 10l10 5 10-5ZM6 12.5V17c3.5 2.5 8.5 2.5 12 0v-4.5"],
  "📦": ["none", "M4 8l8-4 8 4v8l-8 4-8-4Zm0 0 8 4 8-4M12 12v8"],
  "📅": ["none", "M4.5 6h15v13.5h-15Zm0 4.5h15M8.5 3.5V7m7-3.5V7"],
  "🗓": ["none", "M4.5 6h15v13.5h-15Zm0 4.5h15M8.5 3.5V7m7-3.5V7"],
  "⏰": ["none", "M12 5.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Zm0 3.5v4l2.5 1.5M3.5 7.5l3-3m14 3-3-3"],
  "⏱": ["none", "M12 6a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Zm0 3.5v4.5M9.5 3h5"],
  "🕙": ["none", "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Zm0 8.5V7m0 5-3.5-2"],
  "🕘": ["none", "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Zm0 8.5V7m0 5H8"],
  "🎥": ["none", "M4 7h10.5a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5H4a1.5 1.5 0 0 1-1.5-1.5v-7A1.5 1.5 0 0 1 4 7Zm12 4 5.5-3v8L16 13"],
  "💳": ["none", "M4 5.5h16A1.5 1.5 0 0 1 21.5 7v10a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 17V7A1.5 1.5 0 0 1 4 5.5ZM2.5 10h19M6 14.5h4"],
  "🧾": ["none", "M5.5 3.5h13v17l-2.2-1.5-2.1 1.5-2.2-1.5-2.2 1.5-2.1-1.5-2.2 1.5ZM8.5 8h7m-7 4h7"],
  "📄": ["none", "M6 3.5h8.5L18.5 7.5v13H6Zm8 0v4.5h4.5M9 12.5h6m-6 3.5h6"],
  "💶": ["#7cc47f", "M3 7h18v10H3Zm11 3a3 3 0 1 0 0 4M9 11.5h3"],
  "➕": ["none", "M12 5v14M5 12h14"],
  "🔔": ["none", "M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15ZM10 21h4"],
  "🔎": ["none", "M13.5 4a6 6 0 1 1 0 12 6 6 0 0 1 0-12ZM9 14.5 3.5 20"],
  "👨": ["#f1c9a5", "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM5 20a7 6.5 0 0 1 14 0Z"],
};

const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const EMPTY_BOX = pixels("\u{10FFFD}");
const known = new Map();

function pixels(text) {
  pen.clearRect(0, 0, 24, 24);
  pen.font = "18px sans-serif";
  pen.fillText(text, 0, 20);
  return pen.getImageData(0, 0, 24, 24).data.join();
}

// Whether some font draws it: a code point that nobody has shows how an empty box looks.
export function isDrawable(emoji) {
  if (!known.has(emoji)) known.set(emoji, pixels([...emoji][0]) !== EMPTY_BOX);
  return known.get(emoji);
}

// `text` as nodes: itself, or with drawings in place of emoji; one that is left out takes its space along.
export function withEmoji(text) {
  const nodes = [];
  let isGap = false;
  text.split(PICTURES).forEach((piece, at) => {
    const drawn = at % 2 && !isDrawable(piece) ? picture(piece) : document.createTextNode(isGap ? piece.trimStart() : piece);
    isGap = drawn === null;
    if (drawn) nodes.push(drawn);
  });
  return nodes;
}

function picture(emoji) {
  const flag = [...emoji].map((letter) => letter.codePointAt(0) - 0x1f1e6);
  if (flag.length === 2 && flag.every((index) => index >= 0 && index < 26)) {
    const badge = document.createElement("span");
    badge.className = "flag";
    badge.textContent = flag.map((index) => String.fromCharCode(65 + index)).join("");
    return badge;
  }
  const drawing = DRAWINGS[[...emoji][0]]; // whatever modifies it: hair, skin, profession, colour
  if (!drawing) return null;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "emoji");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", emoji);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", drawing[1]);
  path.setAttribute("fill", drawing[0]);
  svg.append(path);
  return svg;
}
