// What both composers show: the one round button, and how long and loud a recording is.

import { byId, icon } from "./dom.js";
import { minutesOf, t } from "./texts.js";

// Send what is written or recorded, else the microphone; `texts` is the pane's part of the texts.
export function showRoundButton(button, isSend, texts) {
  button.replaceChildren(icon(isSend ? "send" : "mic"));
  const label = t(isSend ? `${texts}.send` : `${texts}.record`);
  button.setAttribute("aria-label", label);
  button.title = label;
}

// `id` is what the ids of the meter's two parts begin with; `loud` goes from 0 to 1.
export function showMeter(id, seconds, loud) {
  byId(`${id}-time`).textContent = minutesOf(Math.floor(seconds));
  byId(`${id}-level`).style.setProperty("--loud", loud.toFixed(2));
}
