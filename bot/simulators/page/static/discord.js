// The Discord pane: who one is, which channel is open, and what happens there.

import { byId, el, icon } from "./dom.js";
import { DiscordComposer } from "./discord_composer.js";
import { DiscordLog } from "./discord_log.js";
import { ModalForm } from "./discord_modal.js";
import { ask, toast } from "./notices.js";
import { showPeople } from "./people.js";
import { t } from "./texts.js";

const TYPING_MS = 9000;
const PRESS_MS = 10000;
const ICONS = { dm: "chat", text: "hash", thread: "thread", forum: "forum" };

export class DiscordPane {
  // `actions`: tell(command), upload(path, blob), onLink(url), onMessage() for one that came in.
  constructor(actions) {
    this.actions = actions;
    this.desks = new Map();
    this.opened = new Map();
    this.settled = new Set(); // who has done something: their channel stays as it is
    this.unread = new Map();
    this.waiting = new Set();
    this.log = new DiscordLog(this.messageActions());
    this.modal = new ModalForm({
      submit: (values) => this.tell({ do: "submit", values }),
      dismiss: () => this.tell({ do: "close_modal" }),
    });
    this.composer = new DiscordComposer({
      tell: (command) => this.tell(command),
      upload: (kind, blob, query) => this.upload(kind, blob, query),
      complain: (key) => toast(t(key), "dc-toasts"),
    });
    byId("dc-menu").addEventListener("click", () => this.showMenu(!this.isMenuOpen));
    byId("dc-scroller").addEventListener("click", () => this.showMenu(false));
  }

  // Asks the server to do something in the open channel, in the name of the chosen member.
  tell(command) {
    this.settled.add(this.who);
    return this.actions.tell({ member: this.who, channel: this.channel.id, ...command });
  }

  upload(kind, blob, query) {
    const about = new URLSearchParams({ member: this.who, channel: this.channel.id, ...query });
    return this.actions.upload(`/discord/${kind}?${about}`, blob);
  }

  get desk() {
    return this.desks.get(this.who);
  }

  get channel() {
    const { channels } = this.desk;
    return channels.find(({ id }) => id === this.opened.get(this.who)) ?? channels[0];
  }

  get name() {
    return this.desk?.name ?? "";
  }

  // A member's client as a whole, at first and whenever channels come or go.
  putDesk(desk) {
    this.desks.set(desk.who, desk);
    this.who ??= desk.who;
    if (!this.settled.has(desk.who)) this.opened.set(desk.who, liveliest(desk.channels));
    if (desk.who === this.who) this.show();
    else this.showPeople();
  }

  putMessage({ who, message }) {
    const channel = this.desks.get(who)?.channels.find(({ id }) => id === message.channel);
    if (!channel) return;
    const at = channel.messages.findIndex(({ id }) => id === message.id);
    if (at >= 0) channel.messages[at] = message;
    else channel.messages.push(message);
    if (message.author.is_bot && who === this.who) this.showTyping(null);
    this.goAlong(who, channel);
    if (who === this.who && channel.id === this.channel.id) this.log.put(message);
    else if (at < 0 && !message.is_mine) this.count(who, channel.id, 1);
    if (at < 0 && !message.is_mine) this.actions.onMessage();
  }

  // Whoever has done nothing yet is shown where something happens.
  goAlong(who, channel) {
    if (this.settled.has(who) || this.opened.get(who) === channel.id) return;
    this.opened.set(who, channel.id);
    if (who === this.who) this.show();
  }

  removeMessage({ channel: channelId, id }) {
    for (const desk of this.desks.values()) {
      const channel = desk.channels.find((each) => each.id === channelId);
      if (channel) channel.messages = channel.messages.filter((message) => message.id !== id);
    }
    if (channelId === this.channel.id) this.log.remove(id);
  }

  showTyping(event) {
    if (event && (event.channel !== this.channel.id || event.author === this.desk.id)) return;
    clearTimeout(this.typingTimer);
    byId("dc-typing").textContent = event ? t("discord.typing", { name: event.name }) : "";
    if (event) this.typingTimer = setTimeout(() => this.showTyping(null), TYPING_MS);
  }

  showModal({ who, modal }) {
    this.desks.get(who).modal = modal;
    if (who === this.who) this.modal.show(modal);
  }

  showToast({ who, text }) {
    this.settle();
    if (who === this.who) toast(text, "dc-toasts");
  }

  // The bot has answered: buttons stop waiting.
  settle() {
    for (const node of this.waiting) node.classList.remove("is-waiting");
    this.waiting.clear();
  }

  offer(choices) {
    this.composer.picker.offer(choices);
  }

  be(who) {
    this.who = who;
    this.show();
    this.modal.show(this.desk.modal);
  }

  openChannel(id) {
    this.settled.add(this.who);
    this.opened.set(this.who, id);
    this.showMenu(false);
    this.show();
    this.composer.input.focus({ preventScroll: true });
  }

  show() {
    const { channel } = this;
    this.count(this.who, channel.id, 0);
    byId("dc-title").replaceChildren(icon(ICONS[channel.kind]), channel.name);
    byId("dc-empty-title").textContent = channel.name;
    this.log.show(channel);
    this.composer.open(channel);
    this.showPeople();
    this.showChannels();
  }

  showPeople() {
    const people = [...this.desks.values()].map(({ who, name }) => ({ who, name, unread: who === this.who ? 0 : this.unreadOf(who) }));
    showPeople(byId("dc-people"), people, this.who, (who) => this.be(who));
  }

  showChannels() {
    const rows = [];
    let guild = null;
    for (const channel of this.desk.channels) {
      if (channel.guild !== guild || !rows.length) rows.push(el("li", { class: "dc-group" }, channel.guild ?? t("discord.messages")));
      guild = channel.guild;
      rows.push(this.channelRow(channel));
    }
    byId("dc-channels").replaceChildren(...rows);
  }

  channelRow(channel) {
    const unread = this.unread.get(`${this.who} ${channel.id}`) ?? 0;
    const isOpen = channel.id === this.channel.id;
    return el("li", {}, el("button", { type: "button", class: `dc-channel is-${channel.kind}`, "aria-current": isOpen ? "page" : null, on: { click: () => this.openChannel(channel.id) } }, icon(ICONS[channel.kind]), el("span", {}, channel.name), unread ? el("span", { class: "badge" }, String(unread)) : null));
  }

  count(who, channelId, more) {
    const key = `${who} ${channelId}`;
    this.unread.set(key, more ? (this.unread.get(key) ?? 0) + more : 0);
    if (!more) return;
    if (who === this.who) this.showChannels();
    else this.showPeople();
  }

  unreadOf(who) {
    return [...this.unread].reduce((sum, [key, number]) => sum + (key.startsWith(`${who} `) ? number : 0), 0);
  }

  get isMenuOpen() {
    return byId("dc-menu").getAttribute("aria-expanded") === "true";
  }

  showMenu(isOpen) {
    byId("dc-menu").setAttribute("aria-expanded", String(isOpen));
    byId("pane-discord").classList.toggle("is-menu-open", isOpen);
  }

  messageActions() {
    return {
      onPress: (message, component, node) => {
        if (this.tell({ do: "press", message: message.id, custom_id: component.custom_id })) this.wait(node);
      },
      onChoose: (message, component, values) => this.tell({ do: "choose", message: message.id, custom_id: component.custom_id, values }),
      onReact: (message, emoji, isMine) => this.tell({ do: isMine ? "unreact" : "react", message: message.id, emoji }),
      onReply: (message) => this.composer.setContext({ kind: "reply", message }),
      onEdit: (message) => this.composer.setContext({ kind: "edit", message }),
      onDelete: async (message) => {
        if (await ask(t("discord.ask_delete"), { canRefuse: true })) this.tell({ do: "delete", message: message.id });
      },
      onLink: this.actions.onLink,
    };
  }

  wait(node) {
    node.classList.add("is-waiting");
    this.waiting.add(node);
    setTimeout(() => node.classList.remove("is-waiting"), PRESS_MS);
  }
}

// Where something was said last; else the first.
function liveliest(channels) {
  const last = channels.filter(({ messages }) => messages.length).sort((a, b) => b.messages.at(-1).at.localeCompare(a.messages.at(-1).at));
  return (last[0] ?? channels[0]).id;
}
