// Building the page: elements from data. Text always becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";

// One element. `props`: `class`, `on` (listeners), `data` (dataset), anything else is an attribute.
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [kind, run] of Object.entries(value)) node.addEventListener(kind, run);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// Outlines on a 24 by 24 grid.
const OUTLINES = {
  send: "M4 12 3 4.6c-.1-.8.7-1.4 1.4-1L21 11.1c.8.4.8 1.4 0 1.8L4.4 20.4c-.7.4-1.5-.2-1.4-1L4 12Zm0 0h8",
  mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Zm-7 8.5a7 7 0 0 0 14 0M12 18.5V22",
  clip: "m20 11.5-7.8 7.8a5 5 0 0 1-7.1-7.1l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8",
  menu: "M4 7h16M4 12h16M4 17h10",
  close: "M6 6l12 12M18 6 6 18",
  more: "M12 5v.01M12 12v.01M12 19v.01",
  trash: "M4 7h16M10 11v6M14 11v6M6 7l1 12a2 2 0 0 0 2 2h6a2 2 0 0 0 2-2l1-12M9 7V4h6v3",
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12Z",
  wave: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3",
  mail: "M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1Zm-.6.6L12 13l8.6-6.4",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 4.5V12l3.2 2",
  phone: "M5 4h4l1.5 4.5L8 10.5a11 11 0 0 0 5.5 5.5l2-2.5L20 15v4a1.5 1.5 0 0 1-1.5 1.5A15 15 0 0 1 3.5 5.5 1.5 1.5 0 0 1 5 4Z",
  image: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm-1 12 4.5-4.5 3.5 3.5 3-3 5 5M15 8.5v.01",
  file: "M13 3H6.5A1.5 1.5 0 0 0 5 4.5v15A1.5 1.5 0 0 0 6.5 21h11a1.5 1.5 0 0 0 1.5-1.5V9Zm0 0v6h6",
  copy: "M9 8h10a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1ZM4.5 16H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h11a1 1 0 0 1 1 1v.5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2 12.5 4.5 4.5L15 8M11 16l1 1 9.5-9.5",
  down: "m6 9.5 6 6 6-6",
  out: "M8 5h11v11M19 5 6 18",
  block: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM5.7 5.7l12.6 12.6",
  back: "M15 5l-7 7 7 7",
  reply: "M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7",
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  thread: "M9 5 7.5 14M15 5l-.7 4M4.5 8.5h13M3.5 12H9M20 13v3a2 2 0 0 1-2 2h-3l-2.5 2.5V18H13",
  forum: "M4 5h11v8H9l-3 3v-3H4ZM18 9h3v8h-2v3l-3-3h-5",
  slash: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm9.5 4-5 8",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5-2.5a2.5 2.5 0 1 0 .01 0Z",
  pen: "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19ZM13.5 7l3.5 3.5",
  smile: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm-4 11c1 2 2.4 2.800 4 2.800s3-.8 4-2.800M9 9.5v.01M15 9.5v.01",
  plus: "M12 5v14M5 12h14",
  video: "M4 6.5h10a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.5Zm11.5 4 6-3v9l-6-3",
  card: "M4 5.5h16A1.5 1.5 0 0 1 21.5 7v10a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 17V7A1.5 1.5 0 0 1 4 5.5ZM2.5 10h19M6 14.5h4",
  next: "M5 5.5v13l8.5-6.5ZM18 5.5v13",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 8v5.5M12 7.8v.01",
};

const FILLED = {
  play: "M8 5.3v13.4c0 .8.9 1.3 1.6.9l10.7-6.7c.7-.4.7-1.4 0-1.8L9.6 4.4C8.9 4 8 4.5 8 5.3Z",
  pause: "M7.5 4.5h2a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1Zm7 0h2a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-2a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1Z",
};

// A drawing that says nothing by itself: whoever shows it names it in words.
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", name in FILLED ? "icon filled" : "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", FILLED[name] ?? OUTLINES[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, run, props = {}) {
  return el(
    "button",
    { type: "button", title: label, "aria-label": label, on: { click: run }, ...props },
    icon(name),
  );
}

export function byId(id) {
  return document.getElementById(id);
}
