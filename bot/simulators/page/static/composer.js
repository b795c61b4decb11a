// Where the student writes: text, commands, files, the microphone and the bot's reply keyboard.

import { CommandMenu } from "./commands.js";
import { byId, el, icon } from "./dom.js";
import { Recorder } from "./recorder.js";
import { showMeter, showRoundButton } from "./round_button.js";
import { t } from "./texts.js";

const HOLD_MS = 350; // a longer press records for as long as it lasts
const CANCEL_PX = 90;

export class Composer {
  // `actions`: sendText(text, context), sendFile(path, blob), shareContact(label), complain(key).
  constructor(actions) {
    this.actions = actions;
    this.input = byId("input");
    this.main = byId("main-button");
    this.menu = new CommandMenu(this.input, (text) => this.send(text));
    this.recorder = new Recorder(
      (seconds, loud) => this.showRecording(seconds, loud),
      () => this.finishRecording(),
    );
    this.context = null;
    this.bindInput();
    this.bindFiles();
    this.bindMicrophone();
    this.showMain();
  }

  bindInput() {
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => {
      if (this.menu.onKey(event)) return;
      if (event.key === "Escape" && this.context) this.setContext(null);
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send(this.input.value);
    });
    byId("command-button").addEventListener("click", () => this.menu.toggle());
    byId("context-close").addEventListener("click", () => this.setContext(null));
  }

  onInput() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    this.menu.filter(this.input.value);
    this.showMain();
  }

  send(text) {
    if (!text.trim() || !this.actions.sendText(text.trim(), this.context)) return;
    this.input.value = "";
    this.setContext(null);
  }

  // Answer a message, or change an own one: {kind, message, name}; null: write one of its own.
  setContext(context) {
    const wasEdit = this.context?.kind === "edit";
    this.context = context;
    byId("context-bar").hidden = context === null;
    if (context) byId("context-text").textContent = t(`context.${context.kind}`, { name: context.name });
    if (context?.kind === "edit") this.input.value = context.message.text;
    else if (wasEdit) this.input.value = "";
    this.onInput();
    if (context) this.input.focus();
  }

  bindFiles() {
    const list = byId("attach-menu");
    const button = byId("attach-button");
    const show = (isOpen) => {
      list.hidden = !isOpen;
      button.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) list.querySelector("button").focus();
    };
    button.addEventListener("click", () => show(list.hidden));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      show(false);
      button.focus();
    });
    document.addEventListener("click", (event) => {
      if (!list.contains(event.target) && !button.contains(event.target)) show(false);
    });
    for (const kind of ["photo", "document"]) {
      const input = byId(`${kind}-input`);
      byId(`${kind}-button`).addEventListener("click", () => {
        show(false);
        input.click();
      });
      input.addEventListener("change", () => this.sendFile(kind, input));
    }
  }

  async sendFile(kind, input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const path = kind === "photo" ? "/photo" : `/document?name=${encodeURIComponent(file.name)}`;
    const body = kind === "photo" ? await asPhoto(file).catch(() => file) : file;
    if (!(await this.actions.sendFile(path, body))) this.actions.complain(`refused.${kind}`);
  }

  bindMicrophone() {
    this.main.addEventListener("pointerdown", (event) => this.onPress(event));
    this.main.addEventListener("pointermove", (event) => this.onMove(event));
    this.main.addEventListener("pointerup", (event) => this.onRelease(event));
    this.main.addEventListener("click", (event) => this.onClick(event));
    byId("record-cancel").addEventListener("click", () => this.cancelRecording());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.recorder.isOn) this.cancelRecording();
    });
  }

  // A pointer starts recording when it goes down; the keyboard's click starts it by itself.
  onPress(event) {
    if (this.hasText || this.recorder.isOn || event.button !== 0) return;
    this.main.setPointerCapture(event.pointerId);
    this.press = { at: performance.now(), x: event.clientX };
    this.startRecording();
  }

  onMove(event) {
    if (!this.press) return;
    byId("record-bar").classList.toggle("is-leaving", this.press.x - event.clientX > CANCEL_PX);
  }

  onRelease(event) {
    const { press } = this;
    if (!press) return;
    this.press = null;
    this.swallowsClick = true;
    if (press.x - event.clientX > CANCEL_PX) this.cancelRecording();
    else if (performance.now() - press.at > HOLD_MS) this.finishRecording();
  }

  onClick() {
    if (this.swallowsClick) {
      this.swallowsClick = false;
      return;
    }
    if (this.recorder.isOn) this.finishRecording();
    else if (this.hasText) this.send(this.input.value);
    else this.startRecording();
  }

  async startRecording() {
    if (this.starting) return;
    this.starting = this.recorder.start();
    try {
      await this.starting;
      this.setRecording(true);
    } catch {
      this.press = null;
      this.actions.complain("refused.microphone");
    } finally {
      this.starting = null;
    }
  }

  async finishRecording() {
    await this.starting?.catch(() => null);
    if (!this.recorder.isOn) return;
    const isLongEnough = this.recorder.seconds > 0.4;
    const recording = await this.recorder.finish();
    this.setRecording(false);
    if (!isLongEnough) this.actions.complain("refused.short");
    else if (!(await this.actions.sendFile("/voice", recording))) this.actions.complain("refused.voice");
  }

  async cancelRecording() {
    await this.starting?.catch(() => null);
    this.recorder.cancel();
    this.setRecording(false);
  }

  setRecording(isOn) {
    byId("composer").classList.toggle("is-recording", isOn);
    byId("record-bar").classList.remove("is-leaving");
    byId("record-bar").hidden = !isOn;
    byId("write-bar").hidden = isOn;
    this.showMain();
    if (!isOn) this.showRecording(0, 0);
  }

  showRecording(seconds, loud) {
    showMeter("record", seconds, loud);
    this.main.style.setProperty("--loud", loud.toFixed(2));
  }

  get hasText() {
    return this.input.value.trim() !== "";
  }

  // One round button: send what is written or recorded, else the microphone.
  showMain() {
    showRoundButton(this.main, this.hasText || this.recorder.isOn, "composer");
  }

  // The keyboard a bot shows in place of the person's own; empty takes it away.
  showReplyKeyboard(rows) {
    byId("reply-keyboard").hidden = rows.length === 0;
    byId("reply-keyboard").replaceChildren(...rows.map((row) => el("div", { class: "key-row" }, row.map((button) => this.replyKey(button)))));
  }

  replyKey(button) {
    const press = () => (button.asks_contact ? this.actions.shareContact(button.label) : this.send(button.label));
    return el("button", { type: "button", class: "key", on: { click: press } }, button.asks_contact ? icon("phone") : null, el("span", {}, button.label));
  }
}

// A picture as Telegram's clients send one: JPEG, at most 1280 pixels wide and high.
async function asPhoto(file) {
  const picture = await createImageBitmap(file);
  const share = Math.min(1, 1280 / Math.max(picture.width, picture.height));
  const canvas = el("canvas", { width: Math.round(picture.width * share), height: Math.round(picture.height * share) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.87));
}
