// What the machine behind the chat is doing: one chip a part, with its progress.

import { byId, el, icon } from "./dom.js";
import { has, t } from "./texts.js";

export function showStatus(parts) {
  byId("status").replaceChildren(...Object.entries(parts).map(([id, part]) => chip(id, part)));
}

function chip(id, part) {
  const name = has(`status.${id}`) ? t(`status.${id}`) : id;
  const share = part.progress ?? null;
  const node = el(
    "li",
    { class: `chip is-${part.state}`, title: part.detail },
    el("span", { class: "chip-dot" }),
    el("span", { class: "chip-name" }, name),
    el("span", { class: "chip-state" }, part.detail || t(`state.${part.state}`)),
  );
  if (share !== null && part.state === "loading") {
    const percent = Math.round(share * 100);
    const bar = el("span", { class: "chip-bar", role: "progressbar", "aria-label": name, "aria-valuenow": percent, "aria-valuemin": "0", "aria-valuemax": "100" });
    bar.style.setProperty("--share", String(share));
    node.append(bar);
  }
  return node;
}

export function showNotices(notices) {
  byId("notices").replaceChildren(...notices.map((notice) => el("li", {}, icon("info"), el("span", {}, notice))));
  byId("notice-box").hidden = notices.length === 0;
}
