// Short notices that go by themselves, and questions that wait for an answer.

import { byId, el } from "./dom.js";
import { withEmoji } from "./emoji.js";

const TOAST_MS = 3500;

export function toast(text, box = "toasts") {
  const node = el("div", { class: "toast" }, withEmoji(text));
  byId(box).append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

// Shows `text` until the person answers; true when they agreed.
export function ask(text, { canRefuse }) {
  const dialog = byId("dialog");
  byId("dialog-text").replaceChildren(...withEmoji(text));
  byId("dialog-no").hidden = !canRefuse;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
