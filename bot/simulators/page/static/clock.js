// The demo's clock: what time it is in there, and buttons that move it forward.

import { byId } from "./dom.js";
import { dayOf, hourOf } from "./texts.js";

let ahead = 0;

// The time in the demo.
export function demoNow() {
  return new Date(Date.now() + ahead);
}

export function startClock(link) {
  for (const button of buttons()) {
    const { minutes } = button.dataset;
    const command = minutes ? { do: "advance", minutes: Number(minutes) } : { do: "next" };
    button.addEventListener("click", () => {
      if (link.tell(command)) busy(true);
    });
  }
  setInterval(show, 1000);
}

export function setClock(now) {
  ahead = new Date(now).getTime() - Date.now();
  freeClock();
  show();
}

// The buttons work again.
export function freeClock() {
  busy(false);
}

function busy(isBusy) {
  byId("clock").setAttribute("aria-busy", String(isBusy));
  for (const button of buttons()) button.disabled = isBusy;
}

function buttons() {
  return document.querySelectorAll("[data-minutes], #clock-next");
}

function show() {
  const now = demoNow();
  byId("clock-hour").textContent = hourOf(now);
  byId("clock-day").textContent = dayOf(now);
  const turn = now.getMinutes() * 6;
  byId("hand-minute").style.transform = `rotate(${turn}deg)`;
  byId("hand-hour").style.transform = `rotate(${(now.getHours() % 12) * 30 + turn / 12}deg)`;
}
