// Where a member of the Discord server writes: text, replies, edits, files, the microphone.

import { byId } from "./dom.js";
import { SlashPicker } from "./discord_slash.js";
import { Recorder } from "./recorder.js";
import { showMeter, showRoundButton } from "./round_button.js";
import { t } from "./texts.js";
import { peaksOf } from "./voice.js";

const MOST_BARS = 256;

export class DiscordComposer {
  // `actions`: tell(command) for the open channel, upload(kind, blob, query), complain(key).
  constructor(actions) {
    this.actions = actions;
    this.input = byId("dc-input");
    this.button = byId("dc-button");
    this.picker = new SlashPicker(this.input, {
      run: (command, options) => {
        this.begin();
        actions.tell({ do: "run", command, options });
      },
      complete: (command, option, typed) => actions.tell({ do: "complete", command, option, typed }),
      leave: () => this.begin(),
    });
    this.recorder = new Recorder(
      (seconds, loud) => this.showRecording(seconds, loud),
      () => this.finishRecording(),
    );
    this.bind();
    this.showButton();
  }

  bind() {
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.button.addEventListener("click", () => this.onButton());
    byId("dc-context-close").addEventListener("click", () => this.setContext(null));
    byId("dc-attach").addEventListener("click", () => byId("dc-file-input").click());
    byId("dc-file-input").addEventListener("change", (event) => this.sendFile(event.target));
    byId("dc-record-cancel").addEventListener("click", () => this.cancelRecording());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.recorder.isOn) this.cancelRecording();
    });
  }

  // Write in this channel from here on.
  open(channel) {
    const isOther = this.channelId !== channel.id;
    this.channelId = channel.id;
    this.picker.setCommands(channel.commands);
    if (isOther) {
      this.picker.put();
      this.clear();
      this.cancelRecording();
    }
    const isClosed = !channel.can_write;
    byId("dc-closed").hidden = !isClosed;
    byId("dc-write").hidden = isClosed || this.picker.command !== null;
    const name = channel.kind === "text" ? `#${channel.name}` : channel.name;
    const label = t("discord.write", { name });
    this.input.placeholder = label;
    this.input.setAttribute("aria-label", label);
  }

  // Answer a message, or change an own one; null: write a message of its own.
  setContext(context) {
    this.context = context;
    byId("dc-context").hidden = context === null;
    if (!context) return;
    const { kind, message } = context;
    byId("dc-context-text").textContent = t(`context.${kind}`, { name: message.author.name });
    if (kind === "edit") this.input.value = message.text;
    this.onInput();
    this.input.focus();
  }

  clear() {
    this.input.value = "";
    this.setContext(null);
    byId("dc-write").hidden = false;
    this.onInput();
  }

  // An empty box, ready to be typed into.
  begin() {
    this.clear();
    this.input.focus({ preventScroll: true });
  }

  onInput() {
    this.input.style.height = "auto";
    if (this.input.scrollHeight) this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    if (this.context?.kind === "edit") this.picker.close();
    else this.picker.filter(this.input.value);
    this.showButton();
  }

  onKey(event) {
    if (this.picker.onKey(event)) return;
    if (event.key === "Escape" && this.context) {
      event.stopPropagation();
      this.begin();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  onButton() {
    if (this.recorder.isOn) this.finishRecording();
    else if (this.hasText) this.send();
    else this.startRecording();
  }

  send() {
    const text = this.input.value.trim();
    if (!text) return;
    const command = text.startsWith("/") && !this.context ? this.picker.named(text) : null;
    if (command) {
      this.picker.pick(command);
      return;
    }
    const { kind, message } = this.context ?? {};
    const told = kind === "edit" ? { do: "edit", message: message.id, text } : { do: "text", text, reply_to: message?.id ?? null };
    if (this.actions.tell(told)) this.begin();
  }

  async sendFile(input) {
    const [file] = input.files;
    input.value = "";
    if (file && !(await this.actions.upload("file", file, { name: file.name }))) this.actions.complain("refused.document");
  }

  async startRecording() {
    if (this.starting) return;
    this.starting = this.recorder.start();
    try {
      await this.starting;
      this.setRecording(true);
    } catch {
      this.actions.complain("refused.microphone");
    } finally {
      this.starting = null;
    }
  }

  async finishRecording() {
    if (!this.recorder.isOn) return;
    const { seconds } = this.recorder;
    const recording = await this.recorder.finish();
    this.setRecording(false);
    if (seconds < 0.4) this.actions.complain("refused.short");
    else if (!(await this.actions.upload("voice", recording, { waveform: await waveformOf(recording) }))) this.actions.complain("refused.voice");
  }

  cancelRecording() {
    if (!this.recorder.isOn) return;
    this.recorder.cancel();
    this.setRecording(false);
  }

  setRecording(isOn) {
    byId("dc-record").hidden = !isOn;
    byId("dc-box").hidden = isOn;
    byId("dc-attach").hidden = isOn;
    this.showButton();
    this.showRecording(0, 0);
  }

  showRecording(seconds, loud) {
    showMeter("dc-record", seconds, loud);
  }

  get hasText() {
    return this.input.value.trim() !== "";
  }

  showButton() {
    showRoundButton(this.button, this.hasText || this.recorder.isOn, "discord");
  }
}

// What a client draws of a recording: a byte of loudness for a tenth of a second, in base64.
export async function waveformOf(recording) {
  try {
    const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(await recording.arrayBuffer());
    const bars = Math.min(MOST_BARS, Math.max(1, Math.floor(sound.duration * 10)));
    const peaks = peaksOf(sound.getChannelData(0), bars);
    return btoa(String.fromCharCode(...peaks.map((value) => Math.round(value * 255))));
  } catch {
    return "";
  }
}
