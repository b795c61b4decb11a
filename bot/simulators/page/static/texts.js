// The page's own words in the reader's language.

let words = {};
export let language = "en";

export async function loadTexts() {
  const all = await (await fetch("/static/texts.json")).json();
  language = navigator.languages.map((tag) => tag.slice(0, 2)).find((base) => base in all) ?? "en";
  words = all[language];
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = t(node.dataset.label);
    if (node.tagName === "TEXTAREA") node.placeholder = t(node.dataset.label);
  }
}

// The text of `key`, with `{name}` filled in.
export function t(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function has(key) {
  return key in words;
}

export function hourOf(date) {
  return date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function dayOf(date) {
  return date.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
}

export function minutesOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
