// The demo page: puts the panes together and passes on what the server tells.

import { Chat } from "./chat.js";
import { freeClock, setClock, startClock } from "./clock.js";
import { Composer } from "./composer.js";
import { DiscordPane } from "./discord.js";
import { waveformOf } from "./discord_composer.js";
import { showCheckout } from "./checkout.js";
import { byId, icon } from "./dom.js";
import { Link } from "./link.js";
import { MailPane } from "./mail.js";
import { MeetingsPane } from "./meetings.js";
import { ask, toast } from "./notices.js";
import { bump, showPane, startPanes } from "./panes.js";
import { showPeople } from "./people.js";
import { showSamples } from "./samples.js";
import { showNotices, showStatus } from "./status.js";
import { loadTexts, t } from "./texts.js";

const PRESS_MS = 10000; // how long a button shows that it waits for the bot

let bot = { name: "", username: "" };
let isBlocked = false;
let student = { who: "", name: "" };
let speaker = "telegram"; // the pane that sample notes go out from
const waiting = new Set();

function drawIcons() {
  for (const node of document.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
}

// The token has become a cookie; the address need not carry it on into the history.
function hideToken() {
  if (location.search) history.replaceState(null, "", location.pathname);
}

function tell(command) {
  const isSent = link.tell(command);
  if (!isSent) toast(t("link.lost"));
  return isSent;
}

// A message of its own, an answer to another, or an own one changed.
function sendText(text, context = null) {
  const id = context?.message.id;
  if (context?.kind === "edit") return tell({ do: "edit", message_id: id, text });
  return tell(id ? { do: "text", text, reply_to: id } : { do: "text", text });
}

function about(kind, message) {
  composer.setContext({ kind, message, name: message.mine ? t("chat.you") : bot.name });
}

// The same emoji a second time takes it away.
function onReact(message, emoji) {
  const plain = emoji.replace("\uFE0F", "");
  tell({ do: "react", message_id: message.id, emoji: message.reactions.includes(plain) ? "" : plain });
}

async function shareContact(label) {
  if (await ask(t("contact.ask", { bot: bot.name }), { canRefuse: true })) tell({ do: "tap", label });
}

// The bot's own keyboard stays until it is replaced or taken away.
function showKeyboard(message) {
  if (message.keyboard === "reply") composer.showReplyKeyboard(message.buttons);
  else if (message.keyboard === "remove") composer.showReplyKeyboard([]);
}

// A link to the bot itself is what Telegram makes of it: a start with a payload.
function onLink(url) {
  const { hostname, pathname, searchParams } = new URL(url);
  if (hostname !== "t.me" || pathname.slice(1).toLowerCase() !== bot.username.toLowerCase()) return false;
  sendText(`/start ${searchParams.get("start") ?? ""}`.trim());
  showPane("telegram");
  return true;
}

function onPress(messageId, button, node) {
  if (button.url) {
    if (!onLink(button.url)) window.open(button.url, "_blank", "noopener");
    return;
  }
  if (!tell({ do: "press", message_id: messageId, data: button.data })) return;
  node.classList.add("is-waiting");
  waiting.add(node);
  setTimeout(() => node.classList.remove("is-waiting"), PRESS_MS);
}

async function onAnswer(answer) {
  for (const node of waiting) node.classList.remove("is-waiting");
  waiting.clear();
  if (!answer.text) return;
  if (answer.show_alert) await ask(answer.text, { canRefuse: false });
  else toast(answer.text);
}

function showBlocked(blocked) {
  isBlocked = blocked;
  byId("block-text").textContent = t(blocked ? "chat.unblock" : "chat.block");
  byId("blocked-bar").hidden = !blocked;
  byId("composer").hidden = blocked;
}

// The pane that was used last is the one that sends.
function speakFrom(pane) {
  speaker = pane;
  byId("samples-to").textContent = t("samples.to", { name: pane === "discord" ? discord.name : student.name });
}

async function sendSample(id) {
  if (speaker === "discord") {
    const sound = await (await fetch(`/samples/${id}`)).blob();
    discord.tell({ do: "sample", id, waveform: await waveformOf(sound) });
  } else if (!tell({ do: "sample", id })) return;
  showPane(speaker);
}

function showStudents(students, chosen) {
  student = students.find(({ who }) => who === chosen);
  showPeople(byId("tg-people"), students, chosen, (who) => tell({ do: "student", who }));
}

function showState(state) {
  bot = state.bot;
  showStudents(state.students, state.student);
  byId("bot-name").textContent = bot.name;
  byId("bot-letter").textContent = [...bot.name][0] ?? "";
  byId("welcome-name").textContent = bot.name;
  byId("welcome-text").textContent = t("welcome.text");
  setClock(state.now);
  showBlocked(state.blocked);
  chat.show(state.messages);
  composer.menu.setCommands(state.commands);
  composer.showReplyKeyboard([]);
  state.messages.forEach(showKeyboard);
  mail.show(state.mails);
  meetings.show(state.meetings);
  showCheckout(state.pages);
  showStatus(state.status);
  showNotices(state.notices);
  showSamples(state.samples, sendSample);
  state.discord.forEach((desk) => discord.putDesk(desk));
  speakFrom(speaker);
}

const EVENTS = {
  state: showState,
  message: ({ message }) => {
    chat.put(message);
    showKeyboard(message);
    if (message.from_bot) bump("telegram");
  },
  edit: ({ message }) => chat.put(message),
  delete: ({ message_id }) => chat.remove(message_id),
  reaction: ({ message }) => chat.react(message),
  action: ({ action }) => chat.setAction(action),
  callback_answer: onAnswer,
  commands: ({ commands }) => composer.menu.setCommands(commands),
  blocked: ({ blocked }) => showBlocked(blocked),
  mail: (arrived) => mail.put(arrived),
  "discord.desk": (desk) => discord.putDesk(desk),
  "discord.message": (event) => discord.putMessage(event),
  "discord.delete": (event) => discord.removeMessage(event),
  "discord.typing": (event) => discord.showTyping(event),
  "discord.toast": (event) => discord.showToast(event),
  "discord.modal": (event) => discord.showModal(event),
  "discord.answered": () => discord.settle(),
  "discord.choices": (event) => discord.offer(event),
  meetings: (event) => {
    if (meetings.show(event.meetings)) bump("lessons");
  },
  checkout: ({ pages }) => {
    if (showCheckout(pages)) bump("lessons");
  },
  clock: ({ now }) => setClock(now),
  status: ({ status }) => showStatus(status),
  refused: ({ reason }) => {
    toast(t(`refused.${reason}`));
    freeClock();
  },
};

function bindHeader() {
  const menu = byId("chat-menu");
  byId("start").addEventListener("click", () => sendText("/start"));
  const block = () => {
    menu.hidden = true;
    tell({ do: isBlocked ? "unblock" : "block" });
  };
  byId("block-button").addEventListener("click", block);
  byId("unblock-button").addEventListener("click", block);
  byId("chat-menu-button").addEventListener("click", () => {
    menu.hidden = !menu.hidden;
    byId("chat-menu-button").setAttribute("aria-expanded", String(!menu.hidden));
  });
  document.addEventListener("click", (event) => {
    if (!byId("chat-menu-button").contains(event.target) && !menu.contains(event.target)) menu.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.hidden = true;
  });
}

hideToken();
drawIcons();
await loadTexts();
const chat = new Chat({
  onPress,
  onCommand: (text) => sendText(text),
  onLink,
  onReact,
  onReply: (message) => about("reply", message),
  onEdit: (message) => about("edit", message),
});
chat.setAction(null);
const composer = new Composer({
  sendText,
  shareContact,
  sendFile: (path, blob) => link.upload(`${path}${path.includes("?") ? "&" : "?"}student=${student.who}`, blob),
  complain: (key) => toast(t(key)),
});
const mail = new MailPane({ onLink });
const meetings = new MeetingsPane(tell);
const discord = new DiscordPane({
  tell,
  upload: (path, blob) => link.upload(path, blob),
  onLink,
  onMessage: () => bump("discord"),
});
for (const pane of ["telegram", "discord"]) {
  byId(`pane-${pane}`).addEventListener("focusin", () => speakFrom(pane));
  byId(`pane-${pane}`).addEventListener("pointerdown", () => speakFrom(pane));
}
bindHeader();
startPanes();
const link = new Link(
  (event) => EVENTS[event.type]?.(event),
  (isOpen) => document.body.classList.toggle("is-offline", !isOpen),
);
startClock(link);
document.body.classList.add("is-ready");
