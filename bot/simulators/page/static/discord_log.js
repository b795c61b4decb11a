// The messages of one Discord channel, in order, changed and removed in place.

import { byId, el, icon, iconButton } from "./dom.js";
import { components, file, reactions } from "./discord_parts.js";
import { markdown } from "./discord_text.js";
import { reactionTool } from "./palette.js";
import { dayOf, hourOf, t } from "./texts.js";

const TOGETHER_MS = 7 * 60000; // within it several messages stand under one name
const NEAR_END_PX = 140;
const BY_PEOPLE = [0, 19, 20, 23];
const HUES = [231, 152, 330, 24, 265, 190];

export class DiscordLog {
  // `actions`: see discord_parts.js; besides onReply(message), onEdit(message), onDelete(message).
  constructor(actions) {
    this.actions = actions;
    this.log = byId("dc-log");
    this.box = byId("dc-scroller");
    this.shown = new Map();
    this.isFollowing = true;
    this.lastTop = 0;
    this.box.addEventListener("scroll", () => this.onScroll(), { passive: true });
    new ResizeObserver(() => this.isFollowing && this.scrollToEnd()).observe(this.log);
    new ResizeObserver(() => this.isFollowing && this.scrollToEnd()).observe(this.box);
  }

  // All messages of a channel; of the same channel those that did not change stay as they are.
  show(channel) {
    if (this.channelId !== channel.id) {
      this.channelId = channel.id;
      this.log.replaceChildren();
      this.shown.clear();
      this.isFollowing = true;
      this.lastTop = 0;
    }
    const ids = new Set(channel.messages.map((message) => message.id));
    for (const id of [...this.shown.keys()]) if (!ids.has(id)) this.remove(id);
    channel.messages.forEach((message) => this.put(message));
    byId("dc-empty").hidden = channel.messages.length > 0;
  }

  put(message) {
    const known = this.shown.get(message.id);
    const told = JSON.stringify(message);
    if (known?.told === told) return;
    const node = this.node(message);
    if (known) {
      keepPlayer(known.node, node);
      known.node.replaceWith(node);
    } else this.log.append(node);
    this.shown.set(message.id, { message, node, told });
    byId("dc-empty").hidden = true;
    this.group();
    if (message.is_mine && !known) this.scrollToEnd();
  }

  remove(id) {
    this.shown.get(id)?.node.remove();
    this.shown.delete(id);
    this.group();
  }

  node(message) {
    if (!BY_PEOPLE.includes(message.kind)) return systemLine(message);
    const body = el("div", { class: "dc-body" }, head(message), this.content(message), this.below(message));
    const classes = ["dc-message", message.is_ephemeral ? "is-ephemeral" : "", message.is_mine ? "is-own" : ""];
    return el("article", { class: classes.join(" "), data: { id: message.id }, "aria-label": message.author.name }, this.above(message), avatar(message.author), body, message.is_thinking ? null : this.tools(message));
  }

  // Who ran the command it answers, or what it replies to.
  above(message) {
    if (message.asked_by) return el("div", { class: "dc-above" }, icon("slash"), el("span", {}, t("discord.asked", { name: message.asked_by })));
    if (!message.reply) return null;
    const { name, text, is_voice: isVoice, id } = message.reply;
    const line = name === null ? t("discord.gone") : text || t(isVoice ? "kind.voice" : "kind.document");
    const jump = () => this.shown.get(id)?.node.scrollIntoView({ block: "center", behavior: "smooth" });
    return el("button", { type: "button", class: "dc-above", on: { click: jump } }, icon("reply"), name === null ? null : el("b", {}, name), el("span", {}, markdown(line.replace(/\n/g, " "), {})));
  }

  content(message) {
    if (message.is_thinking) return el("p", { class: "dc-thinking" }, el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), t("discord.thinking", { name: message.author.name }));
    if (!message.text) return null;
    const edited = message.is_edited ? el("small", { class: "dc-edited" }, ` ${t("discord.edited")}`) : null;
    return el("div", { class: "dc-text", dir: "auto" }, markdown(message.text, message.names), edited);
  }

  below(message) {
    return [
      ...message.files.map(file),
      ...components(message, this.actions),
      el("div", { class: "dc-reactions" }, reactions(message, this.actions)),
      message.is_ephemeral && !message.is_thinking ? el("p", { class: "dc-private" }, icon("eye"), t("discord.private")) : null,
    ];
  }

  // What can be done with a message; it shows when the message is pointed at or holds the focus.
  tools(message) {
    const own = message.is_mine ? [message.is_voice || !message.text ? null : iconButton("pen", t("message.edit"), () => this.actions.onEdit(message)), iconButton("trash", t("message.delete"), () => this.actions.onDelete(message))] : [];
    const buttons = message.is_ephemeral ? own : [...reactionTool((emoji) => this.actions.onReact(message, emoji, false)), iconButton("reply", t("message.reply"), () => this.actions.onReply(message)), ...own];
    return buttons.length ? el("div", { class: "dc-tools", role: "group", "aria-label": t("message.tools") }, buttons) : null;
  }

  // Days between messages; a name and picture only above the first of several.
  group() {
    let before = null;
    for (const { message, node } of [...this.shown.values()].sort((a, b) => compareIds(a.message.id, b.message.id))) {
      if (node.previousElementSibling !== (before?.node ?? null)) this.log.append(node);
      const isNewDay = !before || dayOf(new Date(before.message.at)) !== dayOf(new Date(message.at));
      const isSame = before && before.message.author.id === message.author.id && BY_PEOPLE.includes(before.message.kind);
      const isSoon = before && new Date(message.at) - new Date(before.message.at) < TOGETHER_MS;
      const stands = message.reply || message.asked_by || before?.message.is_ephemeral !== message.is_ephemeral;
      node.classList.toggle("is-compact", Boolean(isSame && isSoon && !isNewDay && !stands));
      node.classList.toggle("is-first-of-day", isNewDay);
      node.dataset.day = isNewDay ? dayOf(new Date(message.at)) : "";
      before = { message, node };
    }
  }

  // Whoever reads further up is left there.
  onScroll() {
    const isNear = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_END_PX;
    const goesDown = this.box.scrollTop >= this.lastTop; // our own scrolling never goes up
    this.isFollowing = isNear || (goesDown && this.isFollowing);
    this.lastTop = this.box.scrollTop;
  }

  scrollToEnd() {
    this.isFollowing = true;
    this.box.scrollTop = this.box.scrollHeight;
  }
}

function head(message) {
  const at = new Date(message.at);
  return el("header", { class: "dc-by" }, el("b", { class: "dc-name" }, message.author.name), message.author.is_bot ? el("span", { class: "dc-app" }, icon("check"), t("discord.app")) : null, el("time", { datetime: message.at }, hourOf(at)));
}

export function avatar(author, props = {}) {
  const node = el("span", { class: author.is_bot ? "dc-avatar is-bot" : "dc-avatar", "aria-hidden": "true", ...props }, author.is_bot ? icon("wave") : [...author.name][0]);
  node.style.setProperty("--hue", HUES[[...author.name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES.length]);
  return node;
}

// What Discord itself writes into a thread.
function systemLine(message) {
  const what = { 1: "joined", 4: "renamed", 18: "opened", 21: "opened" }[message.kind];
  const text = what ? t(`discord.system.${what}`, { name: message.author.name, text: message.text }) : message.text;
  return el("article", { class: "dc-system", data: { id: message.id } }, icon("info"), el("span", {}, text), el("time", {}, hourOf(new Date(message.at))));
}

function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

// An edit of the words does not stop the sound.
function keepPlayer(before, after) {
  const old = before.querySelector(".voice");
  const fresh = after.querySelector(".voice");
  if (old && fresh) fresh.replaceWith(old);
}
