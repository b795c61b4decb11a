// Voice bubbles: a button, a wave that shows where we are, and the speed.

import { el, icon } from "./dom.js";
import { minutesOf, t } from "./texts.js";

const BARS = 42;
const SPEEDS = [1, 0.75, 1.5, 2];
let playing = null;

// A player for the sound at `address`; nothing is fetched before it is seen. `title` tells several apart;
// `peaks` (0 to 1) is how loud it is, where its sender has told.
export function voicePlayer(address, seconds, title = "", peaks = null) {
  return new VoicePlayer(address, seconds, title, peaks).node;
}

class VoicePlayer {
  constructor(address, seconds, title, peaks) {
    this.address = address;
    this.peaks = peaks;
    this.title = title;
    this.seconds = seconds || 0;
    this.audio = null;
    this.bars = Array.from({ length: BARS }, () => el("i"));
    this.button = el("button", { type: "button", class: "voice-play", on: { click: () => this.toggle() } });
    this.wave = el("div", { class: "voice-wave", role: "slider", tabindex: "0", "aria-label": t("voice.position"), "aria-valuemin": "0" }, this.bars);
    this.time = el("span", { class: "voice-time" });
    this.speed = el("button", { type: "button", class: "voice-speed", on: { click: () => this.nextSpeed() } });
    this.node = el("div", { class: "voice" }, this.button, el("div", { class: "voice-middle" }, this.wave, this.time), this.speed);
    this.wave.addEventListener("click", (event) => this.seek(event.offsetX / this.wave.clientWidth));
    this.wave.addEventListener("keydown", (event) => this.onKey(event));
    this.rate = 1;
    this.showState(false);
    this.showSpeed();
    this.showProgress();
    this.loadWhenSeen();
  }

  loadWhenSeen() {
    const eye = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      eye.disconnect();
      this.load().catch(() => this.node.classList.add("is-broken"));
    });
    eye.observe(this.node);
  }

  load() {
    this.loading ??= this.fetchSound();
    return this.loading;
  }

  async fetchSound() {
    const answer = await fetch(this.address);
    if (!answer.ok) throw new Error(answer.status);
    const bytes = await answer.arrayBuffer();
    this.audio = new Audio(URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" })));
    this.audio.addEventListener("timeupdate", () => this.showProgress());
    this.audio.addEventListener("ended", () => this.stop());
    this.drawWave(this.peaks ? stretched(this.peaks) : await this.measured(bytes));
  }

  async measured(bytes) {
    const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
    if (!this.seconds) this.seconds = sound.duration;
    return peaksOf(sound.getChannelData(0), BARS);
  }

  drawWave(peaks) {
    this.bars.forEach((bar, at) => bar.style.setProperty("--loud", peaks[at].toFixed(3)));
    this.node.classList.add("is-loaded");
    this.showProgress();
  }

  async toggle() {
    if (playing === this) return this.pause();
    try {
      await this.load();
      playing?.pause();
      playing = this;
      this.showState(true);
      this.audio.playbackRate = this.rate;
      await this.audio.play();
      this.follow();
    } catch {
      this.node.classList.add("is-broken");
      this.pause();
    }
    return undefined;
  }

  follow() {
    if (playing !== this) return;
    this.showProgress();
    requestAnimationFrame(() => this.follow());
  }

  pause() {
    if (playing === this) playing = null;
    this.audio?.pause();
    this.showState(false);
  }

  stop() {
    this.pause();
    this.audio.currentTime = 0;
    this.showProgress();
  }

  async seek(share) {
    await this.load();
    this.audio.currentTime = Math.min(Math.max(share, 0), 1) * this.seconds;
    this.showProgress();
  }

  onKey(event) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.seek(((this.audio?.currentTime ?? 0) + step) / (this.seconds || 1));
  }

  nextSpeed() {
    this.rate = SPEEDS[(SPEEDS.indexOf(this.rate) + 1) % SPEEDS.length];
    if (this.audio) this.audio.playbackRate = this.rate;
    this.showSpeed();
  }

  showSpeed() {
    this.speed.textContent = `${this.rate}×`;
    this.speed.setAttribute("aria-label", t("voice.speed", { rate: this.rate }));
  }

  showState(isPlaying) {
    this.button.replaceChildren(icon(isPlaying ? "pause" : "play"));
    const label = t(isPlaying ? "voice.pause" : "voice.play");
    this.button.setAttribute("aria-label", `${label} ${this.title}`.trim());
    this.node.classList.toggle("is-playing", isPlaying);
  }

  showProgress() {
    const at = this.audio?.currentTime ?? 0;
    const done = this.seconds ? at / this.seconds : 0;
    this.node.style.setProperty("--done", done.toFixed(3));
    this.bars.forEach((bar, index) => bar.classList.toggle("is-played", index < done * BARS));
    this.time.textContent = at > 0 ? `${minutesOf(at)} / ${minutesOf(this.seconds)}` : minutesOf(this.seconds);
    this.wave.setAttribute("aria-valuemax", this.seconds.toFixed(1));
    this.wave.setAttribute("aria-valuenow", at.toFixed(1));
    this.wave.setAttribute("aria-valuetext", this.time.textContent);
  }
}

// Root mean square per bar, the loudest is 1.
export function peaksOf(samples, bars) {
  const width = Math.max(1, Math.floor(samples.length / bars));
  const values = Array.from({ length: bars }, (_, bar) => {
    let sum = 0;
    for (let at = bar * width; at < (bar + 1) * width && at < samples.length; at += 1) sum += samples[at] ** 2;
    return Math.sqrt(sum / width);
  });
  const top = Math.max(...values, 1e-6);
  return values.map((value) => value / top);
}

// As many bars as are drawn, out of more or fewer.
function stretched(peaks) {
  return Array.from({ length: BARS }, (_, bar) => peaks[Math.floor((bar * peaks.length) / BARS)]);
}
