// The microphone: from the first click to a recording, with its length and loudness on the way.

const FORMATS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const LONGEST_SECONDS = 300;

export class Recorder {
  // `onTick(seconds, loudness 0..1)` about thirty times a second; `onFull()` at the longest length.
  constructor(onTick, onFull) {
    this.onTick = onTick;
    this.onFull = onFull;
    this.recorder = null;
  }

  get isOn() {
    return this.recorder !== null;
  }

  get seconds() {
    return (performance.now() - this.startedAt) / 1000;
  }

  // Throws what getUserMedia throws: no microphone, or no permission.
  async start() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
    const format = FORMATS.find((type) => MediaRecorder.isTypeSupported(type));
    this.pieces = [];
    this.recorder = new MediaRecorder(stream, { mimeType: format, audioBitsPerSecond: 48000 });
    this.recorder.addEventListener("dataavailable", (event) => this.pieces.push(event.data));
    this.recorder.start();
    this.startedAt = performance.now();
    this.listen(stream);
  }

  listen(stream) {
    this.sound = new AudioContext();
    const meter = this.sound.createAnalyser();
    meter.fftSize = 512;
    this.sound.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    this.timer = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
      this.onTick(this.seconds, Math.min(1, loud * 6));
      if (this.seconds >= LONGEST_SECONDS) this.onFull();
    }, 33);
  }

  // The recording, and the microphone is off.
  async finish() {
    const recorder = this.recorder;
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.stop();
    this.close();
    await stopped;
    return new Blob(this.pieces, { type: recorder.mimeType });
  }

  cancel() {
    this.recorder?.stop();
    this.close();
  }

  close() {
    clearInterval(this.timer);
    this.sound?.close();
    this.recorder?.stream.getTracks().forEach((track) => track.stop());
    this.recorder = null;
  }
}
