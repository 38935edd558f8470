/**
 * This person's camera, microphone and speaker: what there is, what is chosen and remembered, the
 * tracks themselves, and what to do when one is unplugged.
 *
 * @typedef {import("./trouble.js").Kind} Kind
 * @typedef {import("./trouble.js").Reason} Reason
 * @typedef {"camera" | "microphone" | "speaker"} AnyKind
 * @typedef {{id: string, label: string}} Device
 * @typedef {{what: "gone" | "lost" | "speaker_gone", kind: AnyKind, name: string}} Change
 */
import { batch, signal } from "../../vendor/ui.js";
import { recall, remember } from "./storage.js";
import { frameForbids, reasonOf } from "./trouble.js";

const REMEMBERED_AS = "devices";
const BROWSER_KIND = Object.freeze({
  camera: "videoinput",
  microphone: "audioinput",
  speaker: "audiooutput",
});
const PICTURE = { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @type {ReadonlyArray<Kind>} */
export const KINDS = Object.freeze(["camera", "microphone"]);

export class Devices {
  constructor() {
    const none = /** @type {Device[]} */ ([]);
    this.lists = signal({ camera: none, microphone: none, speaker: none });
    this.chosen = signal({ camera: "", microphone: "", speaker: "" });
    this.wanted = signal({ camera: true, microphone: true });
    this.tracks = signal({
      camera: /** @type {MediaStreamTrack | null} */ (null),
      microphone: /** @type {MediaStreamTrack | null} */ (null),
    });
    this.screen = signal(/** @type {MediaStreamTrack | null} */ (null));
    this.trouble = signal(/** @type {Reason | null} */ (null));
    this.starting = signal(false);
    this.saved = signal(false);
    /** How often each was given back or taken anew: what was asked for before comes too late. */
    this.asked = { camera: 0, microphone: 0 };
    /** @type {(change: Change) => void} told when something was unplugged */
    this.onChange = () => {};
    /** told when the person stopped sharing from the browser's own bar */
    this.onScreenEnded = () => {};
    /** @type {Record<AnyKind, Device | undefined>} */
    this.remembered = recall(REMEMBERED_AS) ?? {};
    this.chosen.value = { camera: "", microphone: "", speaker: this.remembered.speaker?.id ?? "" };
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#plugged());
  }

  /** Take camera and microphone, as far as they are wanted and not held already. */
  async open() {
    if (KINDS.some((kind) => frameForbids(kind)) || !navigator.mediaDevices) {
      this.trouble.value = "framed";
      return;
    }
    const missing = KINDS.filter(
      (kind) => !this.tracks.value[kind] && (kind === "microphone" || this.wanted.value[kind]),
    );
    this.trouble.value = null;
    if (missing.length > 0) await this.#take([...missing]);
    await this.#list();
  }

  /** Give both back: the camera's light goes out. */
  close() {
    for (const kind of KINDS) this.#put(kind, null);
    this.dropScreen();
    this.trouble.value = null;
  }

  /**
   * Turn a source on or off. A camera that is off is given back; a microphone is only silenced, so
   * that it answers at once.
   *
   * @param {Kind} kind
   * @param {boolean} on
   */
  async turn(kind, on) {
    this.wanted.value = { ...this.wanted.value, [kind]: on };
    const track = this.tracks.value[kind];
    if (kind === "camera" && !on) this.#put(kind, null);
    else if (track) track.enabled = on;
    else if (on) {
      this.trouble.value = null;
      await this.#take([kind]);
    }
  }

  /** @param {AnyKind} kind @param {string} id */
  async choose(kind, id) {
    this.chosen.value = { ...this.chosen.value, [kind]: id };
    const device = this.lists.value[kind].find((one) => one.id === id);
    this.remembered = { ...this.remembered, [kind]: device };
    this.saved.value = remember(REMEMBERED_AS, this.remembered);
    if (kind === "speaker") return;
    this.#put(kind, null);
    this.trouble.value = null;
    if (kind === "microphone" || this.wanted.value.camera) await this.#take([kind]);
  }

  /** Whether this browser, here, can share a screen at all. */
  get canShare() {
    return (
      !!navigator.mediaDevices &&
      "getDisplayMedia" in navigator.mediaDevices &&
      !frameForbids("display-capture")
    );
  }

  /** Let the person choose a screen or window. @returns {Promise<boolean>} false when they would rather not */
  async takeScreen() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
      const [track] = stream.getVideoTracks();
      if (!track) return false;
      track.onended = () => {
        this.dropScreen();
        this.onScreenEnded();
      };
      this.screen.value = track;
      return true;
    } catch {
      return false;
    }
  }

  dropScreen() {
    this.screen.value?.stop();
    this.screen.value = null;
  }

  /** The name of a device as the browser gives it. @param {AnyKind} kind */
  nameOf(kind) {
    return this.lists.value[kind].find((one) => one.id === this.chosen.value[kind])?.label ?? "";
  }

  /** @param {Kind[]} kinds */
  async #take(kinds) {
    const asked = { ...this.asked };
    const late = (/** @type {Kind} */ kind) => asked[kind] !== this.asked[kind];
    this.starting.value = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(kinds));
      for (const track of stream.getTracks()) {
        const kind = track.kind === "video" ? "camera" : "microphone";
        if (late(kind)) track.stop();
        else this.#put(kind, track);
      }
    } catch (error) {
      if (!kinds.every(late)) await this.#afterFailure(error, kinds);
    } finally {
      this.starting.value = false;
    }
  }

  /** Both refused for one of them: try each alone. A remembered device that is gone: try any. @param {unknown} error @param {Kind[]} kinds */
  async #afterFailure(error, kinds) {
    const name = error instanceof Error ? error.name : "";
    const denied = name === "NotAllowedError" || name === "SecurityError";
    if (!denied && kinds.length > 1) {
      for (const kind of kinds) await this.#take([kind]);
      if (!this.tracks.value.camera && !this.tracks.value.microphone) this.trouble.value = "nothing";
      return;
    }
    if (name === "OverconstrainedError" && kinds[0] && this.#preferred(kinds[0])) {
      this.remembered = { ...this.remembered, [kinds[0]]: undefined };
      this.chosen.value = { ...this.chosen.value, [kinds[0]]: "" };
      await this.#take(kinds);
      return;
    }
    this.trouble.value = reasonOf(error, kinds);
  }

  /** @param {Kind[]} kinds @returns {MediaStreamConstraints} */
  #constraints(kinds) {
    const from = (/** @type {Kind} */ kind) => {
      const id = this.#preferred(kind);
      return id ? { deviceId: { exact: id } } : {};
    };
    return {
      audio: kinds.includes("microphone") && { ...SOUND, ...from("microphone") },
      video: kinds.includes("camera") && { ...PICTURE, ...from("camera") },
    };
  }

  /** Ids differ from frame to frame; a label does not. @param {AnyKind} kind */
  #preferred(kind) {
    const list = this.lists.value[kind];
    const wanted = this.remembered[kind];
    const same =
      list.find((one) => one.id === wanted?.id) ??
      list.find((one) => one.label && one.label === wanted?.label);
    return this.chosen.value[kind] || same?.id || wanted?.id || "";
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #put(kind, track) {
    this.asked[kind] += 1;
    const before = this.tracks.value[kind];
    if (before) {
      before.onended = null;
      before.stop();
    }
    batch(() => {
      this.tracks.value = { ...this.tracks.value, [kind]: track };
      if (!track) return;
      track.enabled = this.wanted.value[kind];
      track.onended = () => this.#lost(kind);
      this.chosen.value = { ...this.chosen.value, [kind]: track.getSettings().deviceId ?? "" };
    });
  }

  async #list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = (/** @type {AnyKind} */ kind) =>
      all
        .filter((one) => one.kind === BROWSER_KIND[kind] && one.deviceId !== "")
        .map((one) => ({ id: one.deviceId, label: one.label }));
    this.lists.value = { camera: of("camera"), microphone: of("microphone"), speaker: of("speaker") };
  }

  /** Something was plugged in or pulled out. Only what was in use and has gone is replaced. */
  async #plugged() {
    const before = this.lists.value;
    await this.#list();
    for (const kind of KINDS) {
      const inUse = this.tracks.value[kind];
      const id = this.chosen.value[kind];
      const gone = id !== "" && !this.lists.value[kind].some((one) => one.id === id);
      if (inUse && gone) await this.#lost(kind);
      else if (inUse && id === "default" && movedDefault(before[kind], this.lists.value[kind]))
        await this.choose(kind, id);
    }
    this.#speakerGone();
  }

  #speakerGone() {
    const id = this.chosen.value.speaker;
    const list = this.lists.value.speaker;
    if (id === "" || list.some((one) => one.id === id)) return;
    this.chosen.value = { ...this.chosen.value, speaker: "" };
    this.onChange({ what: "speaker_gone", kind: "speaker", name: list[0]?.label ?? "" });
  }

  /** @param {Kind} kind */
  async #lost(kind) {
    this.#put(kind, null);
    this.chosen.value = { ...this.chosen.value, [kind]: "" };
    this.remembered = { ...this.remembered, [kind]: undefined };
    await this.#take([kind]);
    await this.#list();
    const found = this.tracks.value[kind] !== null;
    this.onChange({ what: found ? "gone" : "lost", kind, name: this.nameOf(kind) });
  }
}

/** The system's default moved to another device: its label names the device behind it. @param {Device[]} before @param {Device[]} after */
function movedDefault(before, after) {
  const label = (/** @type {Device[]} */ list) => list.find((one) => one.id === "default")?.label;
  return label(before) !== undefined && label(before) !== label(after);
}
