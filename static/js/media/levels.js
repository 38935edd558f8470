/**
 * How loud a microphone is: an analyser read ten times a second, and what that means in words.
 *
 * @typedef {"silent" | "quiet" | "good" | "loud"} Verdict
 */
import { signal } from "../../vendor/ui.js";

const EVERY = 100;
const HOLD = 300;
const FLOOR = -60;
const TOP = -6;
const SPEAKING = -45;
const REMEMBERED = 20;

export const SEGMENTS = 16;

/** Loudness of samples between -1 and 1, in decibels below full scale. @param {Float32Array} samples */
export function decibels(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / samples.length + 1e-12);
}

/** How many of the meter's segments a loudness lights. @param {number} loudness */
export function segments(loudness) {
  const share = (loudness - FLOOR) / (TOP - FLOOR);
  return Math.round(SEGMENTS * Math.min(1, Math.max(0, share)));
}

/** What the last two seconds say. @param {number[]} loudness  latest last @returns {Verdict} */
export function verdict(loudness) {
  const peak = Math.max(FLOOR, ...loudness);
  if (peak < -50) return "silent";
  if (peak < -38) return "quiet";
  return peak > -9 ? "loud" : "good";
}

/** The meter of one microphone. Call `stop` when it is no longer shown. */
export class Levels {
  constructor() {
    this.lit = signal(0);
    /** @type {import("../../vendor/ui.js").Signal<Verdict>} */
    this.verdict = signal("silent");
    this.speaking = signal(false);
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {MediaStreamAudioSourceNode | null} */
    this.source = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /** @param {MediaStreamTrack | null} track */
  listen(track) {
    this.stop();
    if (!track) return;
    this.context ??= new AudioContext();
    this.wake();
    document.addEventListener("pointerdown", () => this.wake(), { once: true });
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 2048;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(analyser);
    this.#read(analyser, track);
  }

  stop() {
    clearInterval(this.timer);
    this.source?.disconnect();
    this.source = null;
    this.lit.value = 0;
    this.verdict.value = "silent";
    this.speaking.value = false;
  }

  /** Some browsers let sound run only from a click on. Never awaited: without a sound device it may take for ever. */
  wake() {
    if (this.context?.state === "suspended") this.context.resume().catch(() => {});
  }

  /** @param {AnalyserNode} analyser @param {MediaStreamTrack} track */
  #read(analyser, track) {
    const samples = new Float32Array(analyser.fftSize);
    /** @type {number[]} */
    let recent = [];
    let spokeAt = Number.NEGATIVE_INFINITY;
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const loudness = track.enabled ? decibels(samples) : FLOOR;
      recent = [...recent, loudness].slice(-REMEMBERED);
      if (loudness > SPEAKING) spokeAt = performance.now();
      this.lit.value = segments(loudness);
      this.verdict.value = verdict(recent);
      this.speaking.value = performance.now() - spokeAt < HOLD;
    }, EVERY);
  }
}
