// What stands below the text of a Discord message: files, buttons, menus, reactions.

import { el, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { readable } from "./names.js";
import { t } from "./texts.js";
import { voicePlayer } from "./voice.js";

const BUTTON = 2;
const SELECT = 3;
const STYLES = { 1: "is-primary", 3: "is-success", 4: "is-danger" };

export function file(attachment) {
  const address = `/discord/files/${attachment.id}`;
  if (attachment.mime.startsWith("audio/")) {
    const peaks = attachment.waveform ? bytesOf(attachment.waveform) : null;
    return voicePlayer(address, attachment.seconds, "", peaks);
  }
  if (["image/png", "image/jpeg"].includes(attachment.mime)) {
    const image = el("img", { src: address, alt: attachment.name, class: "dc-image", width: attachment.width, height: attachment.height });
    return el("a", { href: address, target: "_blank", rel: "noopener" }, image);
  }
  return el("a", { href: address, download: attachment.name, class: "dc-file" }, icon("file"), el("span", {}, el("b", {}, attachment.name), el("small", {}, sizeOf(attachment.size))));
}

// Rows of buttons and menus. `actions`: onPress(message, component, node), onChoose(message, component, values).
export function components(message, actions) {
  return message.components.map((row) => el("div", { class: "dc-row" }, (row.components ?? []).map((each) => component(message, each, actions))));
}

function component(message, each, actions) {
  if (each.type === BUTTON) return button(message, each, actions);
  if (each.type === SELECT) return select(message, each, actions);
  return null;
}

function button(message, each, actions) {
  const label = [...withEmoji(readable(each.label ?? "")), each.url ? icon("out") : null];
  if (each.url) return el("a", { class: "dc-button", href: each.url, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => actions.onLink(each.url) && event.preventDefault() } }, label);
  const press = (event) => actions.onPress(message, each, event.currentTarget);
  return el("button", { type: "button", class: `dc-button ${STYLES[each.style] ?? ""}`, disabled: each.disabled, on: { click: press } }, label);
}

// One choice is made by choosing it; several by ticking them and closing the list.
function select(message, each, actions) {
  const label = each.placeholder || t("discord.choose");
  if ((each.max_values ?? 1) > 1) return checklist(message, each, label, actions);
  const options = each.options.map((option) => el("option", { value: option.value, selected: option.default }, option.label));
  const node = el("select", { class: "dc-select", "aria-label": label, disabled: each.disabled }, el("option", { value: "", selected: true, disabled: true }, label), options);
  node.addEventListener("change", () => actions.onChoose(message, each, [node.value]));
  return node;
}

function checklist(message, each, label, actions) {
  const boxes = each.options.map((option) => el("label", {}, el("input", { type: "checkbox", value: option.value, checked: option.default }), option.label));
  const send = el("button", { type: "button", class: "dc-button is-primary" }, t("discord.done"));
  const node = el("details", { class: "dc-checklist" }, el("summary", {}, label), boxes, send);
  send.addEventListener("click", () => {
    const chosen = [...node.querySelectorAll("input:checked")].map((box) => box.value);
    actions.onChoose(message, each, chosen);
    node.open = false;
  });
  return node;
}

export function reactions(message, actions) {
  return message.reactions.map(({ emoji, count, is_mine: isMine }) =>
    el(
      "button",
      { type: "button", class: "dc-reaction", "aria-pressed": String(isMine), "aria-label": t("discord.reaction", { emoji, count }), on: { click: () => actions.onReact(message, emoji, isMine) } },
      withEmoji(emoji),
      el("span", {}, String(count)),
    ),
  );
}

export function bytesOf(base64) {
  return [...atob(base64)].map((character) => character.charCodeAt(0) / 255);
}

function sizeOf(bytes) {
  return bytes < 1024 ** 2 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
