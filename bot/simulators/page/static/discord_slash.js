// Slash commands: the list that opens on "/", and the options of the chosen one.

import { byId, el, icon, iconButton } from "./dom.js";
import { t } from "./texts.js";

const WAIT_MS = 150; // of no typing before choices are asked for
const BOOLEAN = 5;

export class SlashPicker {
  // `actions`: run(name, options), complete(name, option, typed), leave().
  constructor(input, actions) {
    this.input = input;
    this.actions = actions;
    this.list = byId("dc-picker");
    this.form = byId("dc-command");
    this.commands = [];
    this.command = null;
    document.addEventListener("click", (event) => {
      if (!this.list.contains(event.target) && !this.form.contains(event.target) && event.target !== input) this.close();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.runForm();
    });
  }

  setCommands(commands) {
    this.commands = commands;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  // Called while the message box is typed into.
  filter(text) {
    if (!text.startsWith("/") || text.includes("\n")) return this.close();
    const typed = text.slice(1).toLowerCase();
    const fitting = this.commands.filter(({ name, label }) => label.startsWith(typed) || name.startsWith(typed));
    return fitting.length ? this.open(fitting.map((command) => this.entry(command)), this.input) : this.close();
  }

  // The command that was typed out in full; null when it is none.
  named(text) {
    const typed = text.trim().slice(1).toLowerCase();
    return this.commands.find(({ name, label }) => name === typed || label === typed) ?? null;
  }

  entry(command) {
    const hints = command.options.map((option) => el("code", {}, option.label));
    return this.row(() => this.pick(command), el("b", {}, `/${command.label}`), hints, el("span", {}, command.about));
  }

  row(onPick, ...children) {
    const node = el("li", { role: "option", "aria-selected": "false", on: { click: onPick } }, ...children);
    node.pick = onPick;
    return node;
  }

  open(rows, owner) {
    rows.forEach((row, at) => row.setAttribute("id", `dc-option-${at}`));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.owner = owner;
    this.choose(0);
  }

  close() {
    this.list.hidden = true;
    this.owner?.removeAttribute("aria-activedescendant");
  }

  choose(at) {
    const rows = [...this.list.children];
    this.chosen = (at + rows.length) % rows.length;
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === this.chosen)));
    rows[this.chosen].scrollIntoView({ block: "nearest" });
    this.owner.setAttribute("aria-activedescendant", rows[this.chosen].id);
  }

  // Whether the key belonged to the open list.
  onKey(event) {
    if (!this.isOpen) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(this.chosen + step);
    else if (event.key === "Enter" || event.key === "Tab") this.list.children[this.chosen].pick();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  pick(command) {
    this.close();
    if (!command.options.length) return this.actions.run(command.name, {});
    return this.fill(command);
  }

  // The chosen command with a box for each option, in place of the message box.
  fill(command) {
    this.command = command;
    this.values = {};
    const boxes = command.options.map((option) => el("label", { title: option.about }, el("span", {}, option.label), this.box(option)));
    const send = el("button", { type: "submit", class: "round dc-send", "aria-label": t("discord.run"), title: t("discord.run") }, icon("send"));
    this.form.replaceChildren(el("b", {}, `/${command.label}`), ...boxes, iconButton("close", t("composer.cancel"), () => this.leave(), { class: "round" }), send);
    this.form.hidden = false;
    byId("dc-write").hidden = true;
    this.form.querySelector("input, select").focus();
  }

  box(option) {
    const choices = option.type === BOOLEAN ? [true, false].map((value) => ({ name: String(value), value: String(value) })) : option.choices;
    if (choices.length) {
      const empty = el("option", { value: "" }, option.is_required ? t("discord.choose") : "—");
      return el("select", { name: option.name, required: option.is_required }, empty, choices.map((choice) => el("option", { value: choice.value }, choice.name)));
    }
    const node = el("input", { name: option.name, required: option.is_required, autocomplete: "off", placeholder: option.about });
    node.addEventListener("keydown", (event) => {
      if (this.onKey(event)) return;
      if (event.key === "Escape") this.leave();
    });
    if (option.is_completed) {
      const ask = () => this.ask(option, node);
      node.addEventListener("input", ask);
      node.addEventListener("focus", ask);
    }
    return node;
  }

  ask(option, node) {
    delete this.values[option.name];
    this.asking = { option: option.name, node };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.actions.complete(this.command.name, option.name, node.value), WAIT_MS);
  }

  // The bot's choices for what stands in the option by now.
  offer({ option, typed, choices }) {
    const { node } = this.asking ?? {};
    if (!node || this.asking.option !== option || node.value !== typed || document.activeElement !== node) return;
    const take = (choice) => {
      node.value = choice.name;
      this.values[option] = choice.value;
      this.close();
    };
    if (choices.length) this.open(choices.map((choice) => this.row(() => take(choice), el("b", {}, choice.name))), node);
    else this.close();
  }

  runForm() {
    const typed = Object.fromEntries(new FormData(this.form));
    const { command, values } = this;
    this.put();
    this.actions.run(command.name, { ...typed, ...values });
  }

  leave() {
    this.put();
    this.actions.leave();
  }

  // Put the options away.
  put() {
    this.close();
    this.form.hidden = true;
    this.form.replaceChildren();
    this.command = null;
  }
}
