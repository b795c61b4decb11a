// Discord's markdown as nodes: what a client shows of a message's text.

import { el } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { t } from "./texts.js";

const INSIDE = String.raw`((?:\\[\s\S]|[^\\])+?)`;
const DELIMITED = [
  [String.raw`\*\*\*${INSIDE}\*\*\*`, (inner) => el("strong", {}, el("em", {}, inner))],
  [String.raw`\*\*${INSIDE}\*\*(?!\*)`, (inner) => el("strong", {}, inner)],
  [String.raw`__${INSIDE}__(?!_)`, (inner) => el("u", {}, inner)],
  [String.raw`~~${INSIDE}~~`, (inner) => el("s", {}, inner)],
  [String.raw`\|\|${INSIDE}\|\|`, (inner) => spoiler(inner)],
  [String.raw`\*(?=\S)${INSIDE}\*(?!\*)`, (inner) => el("em", {}, inner)],
  [String.raw`_${INSIDE}_(?!\w)`, (inner) => el("em", {}, inner)],
].map(([source, make]) => [new RegExp(source, "y"), make]);

// Each takes the match, the names of those who are mentioned, and what opens a link.
const PIECES = [
  [/\\([^\w\s])/y, (found) => found[1]],
  [/```(?:[\w+-]+\n)?\n?([\s\S]+?)\n?```\n?/y, (found) => el("pre", {}, found[1])],
  [/`([^`]+)`/y, (found) => el("code", {}, found[1])],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, (found) => link(found[2], found[1])],
  [/<(https?:\/\/[^\s>]+)>/y, (found) => link(found[1], found[1])],
  [/https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"]/y, (found) => link(found[0], found[0])],
  [/<@[!&]?(\d+)>/y, (found, names) => mention(`@${names[found[1]] ?? found[1]}`)],
  [/<#(\d+)>/y, (found, names) => mention(`#${names[found[1]] ?? found[1]}`)],
  [/<\/([^:>\n]+):\d+>/y, (found) => mention(`/${found[1]}`)],
  [/<t:(-?\d+)(?::([tTdDfF]))?>/y, (found) => moment(new Date(found[1] * 1000), found[2] ?? "f")],
];

const HEADINGS = { "#": "dc-h1", "##": "dc-h2", "###": "dc-h3", "-#": "dc-small" };

// The text of a message; `names` holds what mentions in it are called.
export function markdown(text, names) {
  const nodes = [];
  const [before, ...after] = text.split(/^>>> /m);
  nodes.push(...lines(before, names));
  if (after.length) nodes.push(el("blockquote", {}, lines(after.join(">>> "), names)));
  return nodes;
}

// Line by line: quotes and headings; a block of code keeps its lines together.
function lines(text, names) {
  const nodes = [];
  const blocks = text.split(/((?:^> ?.*(?:\n|$))+|^(?:#{1,3}|-#) .+(?:\n|$)|```[\s\S]+?```\n?)/m);
  for (const block of blocks) {
    if (!block) continue;
    const heading = /^(#{1,3}|-#) (.+)/.exec(block);
    if (/^> ?/.test(block)) nodes.push(el("blockquote", {}, inline(block.replace(/^> ?/gm, "").trimEnd(), names)));
    else if (heading) nodes.push(el("div", { class: HEADINGS[heading[1]] }, inline(heading[2], names)));
    else nodes.push(...inline(block.replace(/^[-*] /gm, "• "), names));
  }
  return nodes;
}

function inline(text, names) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const found = match(text, at, names);
    if (!found) {
      const [character] = text.slice(at, at + 2);
      plain += character;
      at += character.length;
      continue;
    }
    if (typeof found.node === "string") plain += found.node;
    else {
      nodes.push(...withEmoji(plain), found.node);
      plain = "";
    }
    at += found.length;
  }
  return [...nodes, ...withEmoji(plain)];
}

function match(text, at, names) {
  for (const [rule, make] of PIECES) {
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found) return { node: make(found, names), length: found[0].length };
  }
  for (const [rule, make] of DELIMITED) {
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found) return { node: make(inline(found[1], names)), length: found[0].length };
  }
  return null;
}

function link(url, text) {
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

// Times as each reader's client shows them; the styles as Discord names them.
const TIMES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

function moment(at, style) {
  return el("time", { datetime: at.toISOString() }, at.toLocaleString(document.documentElement.lang, TIMES[style]));
}

function mention(text) {
  return el("span", { class: "dc-mention" }, text);
}

function spoiler(inner) {
  const node = el("button", { type: "button", class: "spoiler", "aria-expanded": "false", "aria-label": t("text.spoiler") }, el("span", {}, inner));
  node.addEventListener("click", () => {
    node.setAttribute("aria-expanded", "true");
    node.removeAttribute("aria-label");
  });
  return node;
}
