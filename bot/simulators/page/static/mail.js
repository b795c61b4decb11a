// The mailbox: every mail the bot sent, newest first.

import { byId, el, icon } from "./dom.js";
import { link } from "./rich.js";
import { hourOf, t } from "./texts.js";

const CODE = /(?<![\w-])(\d{4,8}|[A-Z0-9]{4,5}-[A-Z0-9]{4,5})(?![\w-])/;
const ADDRESS = /(https?:\/\/[^\s<>"]+)/;

export class MailPane {
  constructor(actions) {
    this.actions = actions;
    this.unread = 0;
  }

  show(mails) {
    byId("mails").replaceChildren();
    byId("mail-empty").hidden = mails.length > 0;
    mails.forEach((mail) => this.put(mail, true));
    this.count(0);
  }

  put(mail, isOld = false) {
    byId("mails").prepend(this.item(mail, isOld));
    byId("mail-empty").hidden = true;
    if (!isOld) this.count(this.unread + 1);
  }

  count(unread) {
    this.unread = unread;
    for (const badge of document.querySelectorAll("[data-badge=mail]")) {
      badge.textContent = unread || "";
      badge.hidden = unread === 0;
    }
  }

  item(mail, isOld) {
    const head = el("summary", {}, icon("mail"), el("span", { class: "mail-subject" }, mail.subject), el("time", {}, hourOf(new Date(mail.at))), el("span", { class: "mail-line" }, t("mail.line", { from: mail.from, to: mail.to.join(", ") })));
    const code = CODE.exec(`${mail.subject}\n${mail.text}`)?.[1];
    const details = el("details", { class: isOld ? "mail" : "mail is-new" }, head, el("div", { class: "mail-body" }, paragraphs(mail.text, this.actions)), code ? this.copyButton(code) : null);
    details.addEventListener("toggle", () => {
      if (details.classList.contains("is-new")) this.count(Math.max(0, this.unread - 1));
      details.classList.remove("is-new");
    });
    return el("li", {}, details);
  }

  copyButton(code) {
    const label = el("span", {}, t("mail.copy", { code }));
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(code);
        label.textContent = t("mail.copied");
      } catch {
        label.textContent = code;
      }
    };
    return el("button", { type: "button", class: "button copy", on: { click: copy } }, icon("copy"), label);
  }
}

// Plain text; web addresses can be followed, nothing else is markup.
function paragraphs(text, actions) {
  return text
    .trim()
    .split(ADDRESS)
    .map((piece, at) => (at % 2 ? link(piece, [piece], actions) : piece));
}
