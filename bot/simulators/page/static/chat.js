// The conversation: bubbles in order, edited and removed in place.

import { byId, el, icon, iconButton } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { readable } from "./names.js";
import { reactionTool } from "./palette.js";
import { rich } from "./rich.js";
import { dayOf, hourOf, t } from "./texts.js";
import { voicePlayer } from "./voice.js";

const ACTION_MS = 5500; // Telegram shows a sign of life for five seconds
const NEAR_END_PX = 120;

export class Chat {
  // `actions`: onPress(messageId, button, node), onCommand(text), onLink(url), onReact(message, emoji),
  // onReply(message), onEdit(message).
  constructor(actions) {
    this.actions = actions;
    this.log = byId("log");
    this.messages = new Map();
    this.isFollowing = true;
    this.lastTop = 0;
    byId("to-end").addEventListener("click", () => this.scrollToEnd());
    byId("scroller").addEventListener("scroll", () => this.onScroll(), { passive: true });
    new ResizeObserver(() => this.isFollowing && this.scrollToEnd("instant")).observe(byId("scroller"));
    new ResizeObserver(() => this.isFollowing && this.scrollToEnd()).observe(this.log);
  }

  show(messages) {
    this.log.replaceChildren();
    this.messages.clear();
    messages.forEach((message) => this.put(message));
    this.showEmpty();
    this.scrollToEnd("instant");
  }

  // A message that is new or has changed, as the simulator tells it.
  put(told) {
    const message = asShown(told);
    const known = this.messages.get(message.id);
    const node = this.bubble(message);
    this.messages.set(message.id, { message, node });
    if (known) {
      if (known.message.file === message.file) keepPlayer(known.node, node);
      known.node.replaceWith(node);
    } else {
      this.addDay(message);
      this.log.append(node);
      if (!message.mine) this.setAction(null);
    }
    this.group();
    this.showEmpty();
    if (message.mine && !known) this.scrollToEnd();
  }

  remove(id) {
    this.messages.get(id)?.node.remove();
    this.messages.delete(id);
    this.group();
  }

  react({ message_id, reactions }) {
    const known = this.messages.get(message_id);
    if (!known) return;
    known.message.reactions = reactions;
    known.node.querySelector(".reactions").replaceChildren(...reactions.map(reaction));
  }

  // A sign of life of the bot, for a few seconds; null ends it.
  setAction(action) {
    clearTimeout(this.actionTimer);
    const line = byId("bot-state");
    line.classList.toggle("is-active", action !== null);
    if (action === null) line.textContent = t("chat.bot");
    else {
      const name = ["typing", "record_voice", "upload_voice", "upload_photo", "upload_document"].includes(action) ? action : "typing";
      line.replaceChildren(el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), t(`action.${name}`));
      this.actionTimer = setTimeout(() => this.setAction(null), ACTION_MS);
    }
  }

  bubble(message) {
    const classes = ["message", message.mine ? "is-mine" : "is-theirs", `is-${message.kind}`];
    const stamp = el("span", { class: "stamp" }, message.edited ? el("span", {}, t("chat.edited")) : null, el("time", { datetime: message.date }, hourOf(new Date(message.date))), message.mine ? icon("checks") : null);
    const body = el("div", { class: "bubble" }, this.quote(message.reply_to), this.media(message), this.text(message), el("span", { class: "reactions" }, message.reactions.map(reaction)), stamp, this.tools(message));
    return el("article", { class: classes.join(" "), data: { id: message.id }, "aria-label": t(message.mine ? "chat.you" : "chat.they") }, body, this.keyboard(message));
  }

  tools(message) {
    const own = message.mine ? null : reactionTool((emoji) => this.actions.onReact(message, emoji));
    const edit = message.mine && message.kind === "text" ? iconButton("pen", t("message.edit"), () => this.actions.onEdit(message)) : null;
    return el("div", { class: "bubble-tools", role: "group", "aria-label": t("message.tools") }, own ?? [], iconButton("reply", t("message.reply"), () => this.actions.onReply(message)), edit);
  }

  text(message) {
    if (!message.text) return null;
    return el("div", { class: "text", dir: "auto" }, rich(message.text, message.entities, this.actions));
  }

  media(message) {
    if (["voice", "audio"].includes(message.kind)) return voicePlayer(message.file, message.seconds);
    if (message.kind === "photo") {
      const image = el("img", { src: message.file, alt: message.text || t("chat.photo"), class: "photo" });
      return el("a", { href: message.file, target: "_blank", rel: "noopener" }, image);
    }
    if (message.file) return el("a", { href: message.file, download: message.filename ?? "", class: "document" }, icon("file"), el("span", {}, message.filename ?? t("chat.file")));
    if (message.kind === "contact") return el("p", { class: "document" }, icon("phone"), el("span", {}, t("kind.contact")));
    return null;
  }

  quote(id) {
    const known = this.messages.get(id);
    if (!known) return null;
    const { message } = known;
    const kind = ["voice", "photo", "document", "contact"].includes(message.kind) ? message.kind : "other";
    const line = message.text || t(`kind.${kind}`);
    const jump = () => known.node.scrollIntoView({ block: "center", behavior: "smooth" });
    return el("button", { type: "button", class: "reply-quote", on: { click: jump } }, el("span", {}, t(message.mine ? "chat.you" : "chat.they")), el("span", {}, withEmoji(line.slice(0, 90))));
  }

  keyboard(message) {
    if (!message.buttons.length) return null;
    const rows = message.buttons.map((row) => el("div", { class: "key-row" }, row.map((button) => this.key(message, button))));
    return el("div", { class: "keys" }, rows);
  }

  key(message, button) {
    const press = (event) => this.actions.onPress(message.id, button, event.currentTarget);
    return el("button", { type: "button", class: "key", on: { click: press } }, el("span", {}, withEmoji(readable(button.label))), button.url ? icon("out") : null);
  }

  addDay(message) {
    const day = dayOf(new Date(message.date));
    const last = [...this.log.querySelectorAll(".day")].at(-1);
    if (last?.textContent !== day) this.log.append(el("div", { class: "day" }, el("span", {}, day)));
  }

  // The last bubble of several by one side carries the tail.
  group() {
    const nodes = [...this.log.children];
    nodes.forEach((node, at) => {
      const next = nodes[at + 1];
      const side = node.classList.contains("is-mine") ? "is-mine" : "is-theirs";
      node.classList.toggle("is-last", !next || !next.classList.contains(side));
    });
  }

  showEmpty() {
    byId("welcome").hidden = this.messages.size > 0;
  }

  // Whoever reads further up is left there; new messages then only show the way down.
  onScroll() {
    const box = byId("scroller");
    const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
    const goesDown = box.scrollTop >= this.lastTop; // our own scrolling never goes up
    this.isFollowing = isNear || (goesDown && this.isFollowing);
    this.lastTop = box.scrollTop;
    byId("to-end").hidden = this.isFollowing;
  }

  scrollToEnd(behavior = "smooth") {
    const box = byId("scroller");
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.isFollowing = true;
    box.scrollTo({ top: box.scrollHeight, behavior: isCalm ? "instant" : behavior });
  }
}

function asShown(told) {
  return {
    ...told,
    id: told.message_id,
    mine: !told.from_bot,
    file: told.file_id ? `/files/${told.file_id}` : null,
    buttons: told.keyboard === "inline" ? told.buttons : [],
  };
}

function reaction(emoji) {
  return el("span", { class: "reaction", role: "img", "aria-label": t("chat.reaction", { emoji }) }, withEmoji(emoji));
}

// An edit of the words does not stop the sound.
function keepPlayer(before, after) {
  const old = before.querySelector(".voice");
  const fresh = after.querySelector(".voice");
  if (old && fresh) fresh.replaceWith(old);
}
