// A small button that opens the emoji to react with.

import { el, iconButton } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { t } from "./texts.js";

const EMOJI = ["👍", "❤️", "🔥", "👀", "👌"];

// The palette and its button, to stand beside other tools; `onPick(emoji)`.
export function reactionTool(onPick) {
  const pick = (emoji) => {
    palette.hidden = true;
    onPick(emoji);
  };
  const palette = el("div", { class: "palette", hidden: true }, EMOJI.map((emoji) => el("button", { type: "button", "aria-label": t("react.with", { emoji }), on: { click: () => pick(emoji) } }, withEmoji(emoji))));
  const toggle = () => {
    palette.hidden = !palette.hidden;
    if (!palette.hidden) palette.querySelector("button").focus();
  };
  return [palette, iconButton("smile", t("react.add"), toggle)];
}
