// Who the visitor is in a pane: one button for each person there.

import { el } from "./dom.js";
import { t } from "./texts.js";

// `people`: [{who, name}]; `onChoose(who)`.
export function showPeople(box, people, chosen, onChoose) {
  const focused = document.activeElement?.dataset?.who;
  const hadFocus = box.contains(document.activeElement);
  box.replaceChildren(
    el("span", { "aria-hidden": "true" }, t("people.you")),
    ...people.map(({ who, name, unread }) =>
      el("button", { type: "button", data: { who }, "aria-pressed": String(who === chosen), on: { click: () => onChoose(who) } }, el("b", {}, name), el("small", {}, t(`people.${who}`)), unread ? el("span", { class: "badge" }, String(unread)) : null),
    ),
  );
  if (hadFocus) box.querySelector(`[data-who=${focused}]`)?.focus();
}
