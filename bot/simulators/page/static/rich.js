// Telegram text: a string and entities counted in UTF-16 units, as JavaScript counts them.

import { el, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { t } from "./texts.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
};

// The text as nodes. `onCommand` runs a tapped /command, `onLink` may take over a link (true: it did).
export function rich(text, entities, actions) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return piece(text, sorted, 0, text.length, actions);
}

function piece(text, entities, from, to, actions) {
  const nodes = [];
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    if (entity.offset < at || entity.offset >= to) continue;
    const end = Math.min(entity.offset + entity.length, to);
    const inner = entities.slice(index + 1).filter((other) => other.offset < end);
    nodes.push(...withEmoji(text.slice(at, entity.offset)));
    nodes.push(wrapped(entity, text.slice(entity.offset, end), piece(text, inner, entity.offset, end, actions), actions));
    at = end;
  }
  nodes.push(...withEmoji(text.slice(at, to)));
  return nodes;
}

function wrapped(entity, text, children, actions) {
  switch (entity.type) {
    case "expandable_blockquote":
      return folded(children);
    case "spoiler":
      return spoiler(children);
    case "text_link":
      return link(entity.url, children, actions);
    case "url":
      return link(/^https?:/i.test(text) ? text : `https://${text}`, children, actions);
    case "email":
      return el("span", { class: "link" }, children);
    case "bot_command":
      return el("button", { type: "button", class: "link", on: { click: () => actions.onCommand(text) } }, children);
    default:
      return el(TAGS[entity.type] ?? "span", {}, children);
  }
}

// A link opens outside; anything but a web address is shown as plain text.
export function link(url, children, actions) {
  if (!/^https?:\/\//i.test(url)) return el("span", {}, children);
  const open = (event) => {
    if (actions.onLink(url)) event.preventDefault();
  };
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", on: { click: open } }, children);
}

function spoiler(children) {
  const node = el("button", { type: "button", class: "spoiler", "aria-expanded": "false", "aria-label": t("text.spoiler") });
  const inside = el("span", {}, children);
  node.append(inside);
  node.addEventListener("click", () => {
    node.setAttribute("aria-expanded", "true");
    node.removeAttribute("aria-label");
  });
  return node;
}

// A quote of which three lines are shown until it is opened; a short one has nothing to open.
function folded(children) {
  const body = el("div", { class: "fold-text" }, children);
  const toggle = el("button", { type: "button", class: "fold-toggle", "aria-expanded": "false", "aria-label": t("text.unfold"), hidden: true }, icon("down"));
  const quote = el("blockquote", { class: "fold is-folded" }, body, toggle);
  const turn = () => {
    const isFolded = quote.classList.toggle("is-folded");
    toggle.setAttribute("aria-expanded", String(!isFolded));
    toggle.setAttribute("aria-label", t(isFolded ? "text.unfold" : "text.fold"));
  };
  toggle.addEventListener("click", turn);
  new ResizeObserver(() => {
    if (quote.classList.contains("is-folded")) toggle.hidden = body.scrollHeight <= body.clientHeight + 2;
  }).observe(body);
  return quote;
}
