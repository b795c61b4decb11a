// The command menu: opened by its button or by typing a slash, filtered while typing.

import { byId, el } from "./dom.js";

export class CommandMenu {
  constructor(input, onChoose) {
    this.input = input;
    this.onChoose = onChoose;
    this.list = byId("commands");
    this.commands = [];
    this.chosen = 0;
    document.addEventListener("click", (event) => {
      if (!this.list.contains(event.target) && !byId("command-button").contains(event.target)) this.close();
    });
    byId("command-button").addEventListener("keydown", (event) => this.onKey(event));
  }

  setCommands(commands) {
    this.commands = commands;
    byId("command-button").hidden = commands.length === 0;
    this.close();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  toggle() {
    if (this.isOpen) return this.close();
    this.input.focus();
    return this.open(this.commands);
  }

  filter(text) {
    if (!/^\/\w*$/.test(text)) return this.close();
    const fitting = this.commands.filter((entry) => `/${entry.command}`.startsWith(text.toLowerCase()));
    return fitting.length ? this.open(fitting) : this.close();
  }

  open(entries) {
    this.list.replaceChildren(...entries.map((entry, at) => this.option(entry, at)));
    this.list.hidden = false;
    byId("command-button").setAttribute("aria-expanded", "true");
    this.choose(0);
  }

  close() {
    this.list.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
    byId("command-button").setAttribute("aria-expanded", "false");
  }

  option(entry, at) {
    const run = () => this.run(entry.command);
    return el("li", { id: `command-${at}`, role: "option", "aria-selected": "false", data: { command: entry.command }, on: { click: run } }, el("b", {}, `/${entry.command}`), el("span", {}, entry.description));
  }

  choose(at) {
    const options = [...this.list.children];
    this.chosen = (at + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.chosen)));
    options[this.chosen].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.chosen].id);
  }

  run(command) {
    this.close();
    this.onChoose(`/${command}`);
    this.input.focus();
  }

  // Whether the key belonged to the open menu.
  onKey(event) {
    if (!this.isOpen) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(this.chosen + step);
    else if (event.key === "Enter") this.run(this.list.children[this.chosen].dataset.command);
    else if (event.key === "Tab") this.fill();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  fill() {
    this.input.value = `/${this.list.children[this.chosen].dataset.command} `;
    this.input.dispatchEvent(new Event("input"));
  }
}
