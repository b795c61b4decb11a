// Panes side by side where there is room; one at a time behind tabs where there is not.

import { byId } from "./dom.js";

const tabs = [...document.querySelectorAll("[data-pane]")];
const unread = new Map();

export function startPanes() {
  for (const tab of tabs) tab.addEventListener("click", () => showPane(tab.dataset.pane));
  byId("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    showPane(next.dataset.pane);
  });
  showPane("telegram");
}

export function showPane(name) {
  document.body.dataset.shown = name;
  for (const tab of tabs) {
    const isShown = tab.dataset.pane === name;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1;
  }
  count(name, 0);
}

// Something came into a pane that is not in sight.
export function bump(name) {
  if (byId(`pane-${name}`).checkVisibility()) return;
  count(name, (unread.get(name) ?? 0) + 1);
}

function count(name, number) {
  unread.set(name, number);
  const badge = document.querySelector(`[data-pane=${name}] [data-count]`);
  if (!badge) return;
  badge.textContent = number || "";
  badge.hidden = number === 0;
}
