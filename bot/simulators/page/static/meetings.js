// The meetings on Zoom: who is in, and buttons to come and go as each of the people.

import { byId, el, icon } from "./dom.js";
import { dayOf, hourOf, t } from "./texts.js";

export class MeetingsPane {
  // `tell(command)` asks the server.
  constructor(tell) {
    this.tell = tell;
    this.known = new Set();
    this.drawn = "";
  }

  // Draws what changed, and keeps the focus where it was; true when a meeting came.
  show(meetings) {
    const ids = meetings.map(({ id }) => id);
    const isMore = ids.some((id) => !this.known.has(id));
    this.known = new Set(ids);
    const drawn = JSON.stringify(meetings);
    if (drawn === this.drawn) return false;
    this.drawn = drawn;
    const focused = document.activeElement?.dataset?.seatOf;
    byId("meetings").replaceChildren(...meetings.map((meeting) => this.item(meeting)));
    byId("meetings-empty").hidden = meetings.length > 0;
    if (focused) document.querySelector(`[data-seat-of="${CSS.escape(focused)}"]`)?.focus();
    return isMore;
  }

  item(meeting) {
    const [from, until] = [new Date(meeting.at), new Date(meeting.until)];
    const when = t("meetings.when", { day: dayOf(from), from: hourOf(from), until: hourOf(until) });
    return el(
      "li",
      { class: "meeting" },
      el("p", { class: "meeting-topic" }, meeting.topic),
      el("p", { class: "meeting-when" }, when),
      el("ul", { class: "seats" }, meeting.people.map((person) => this.seat(meeting, person))),
    );
  }

  seat(meeting, { who, name, seat, link }) {
    const command = seat ? { do: "leave", meeting: meeting.id, seat } : { do: "join", meeting: meeting.id, who };
    const door = el(
      "button",
      {
        type: "button",
        class: "button",
        "aria-label": seat ? t("meetings.leave_as", { name }) : null,
        data: { seatOf: `${meeting.id}/${who}` },
        on: { click: () => this.tell(command) },
      },
      seat ? t("meetings.leave") : t("meetings.join", { name }),
    );
    const room = t("meetings.room", { name });
    return el(
      "li",
      { class: seat ? "seat is-in" : "seat" },
      seat ? el("span", { class: "seat-name" }, el("b", {}, name), el("small", {}, t("meetings.inside"))) : null,
      door,
      el("a", { class: "round", href: link, target: "_blank", rel: "noopener noreferrer", "aria-label": room, title: room }, icon("out")),
    );
  }
}
