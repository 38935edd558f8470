/**
 * Sound and video of one page: publishing, receiving, and coming back after a lost connection.
 *
 * Events:
 * - `track`: detail {participant, source, track, stream, receiver}
 * - `gone`: detail {participant, source}
 * - `state`: detail {which: "publish" | "subscribe", state, reason?}; `state` is a peer connection's state
 * - `paused`: detail {tiles: ["<participant>/<source>", …], weak}; pictures that are shown, but not sent
 *
 * @import { Send, Source } from "./publish.js"
 * @import { Offer } from "./subscribe.js"
 * @import { VideoSource } from "./encodings.js"
 * @import { View } from "./view.js"
 *
 * @typedef {"publish" | "subscribe"} Which
 * @typedef {{tiles: string[], weak: boolean}} Paused
 * @typedef {{do: "layers", active: Partial<Record<VideoSource, string[]>>}} Layers
 * @typedef {{do: "offer"} & Offer | {do: "restart"} | {do: "closed", which: Which, reason: string}
 *   | Layers | {do: "paused"} & Paused} ServerMedia
 */

import { Publisher } from "./publish.js";
import { Subscriber } from "./subscribe.js";

const DISCONNECTED_MS = 3000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

/** Closings after which connecting again makes sense; the others say that this page may not. */
const PASSING = new Set(["timeout", "failed", "bad_answer"]);

export class MediaSession extends EventTarget {
  /** @param {{send: Send}} options `send` sends a `media` message and resolves with its acknowledgement */
  constructor({ send }) {
    super();
    /** @private */ this.send = send;
    /** @private */ this.publisher = new Publisher({
      send,
      onState: (state) => this.changed("publish", state),
    });
    /** @private */ this.subscriber = new Subscriber({
      send,
      onState: (state) => this.changed("subscribe", state),
      onTrack: (detail) => this.tell("track", detail),
      onGone: (detail) => this.tell("gone", detail),
    });
    /** @private @type {Map<Which, ReturnType<typeof setTimeout>>} */
    this.timers = new Map();
    /** @private @type {Map<Which, number>} */
    this.retries = new Map();
    /** @private */ this.networkBack = () => this.restart();
    globalThis.addEventListener?.("online", this.networkBack);
  }

  /**
   * Publish these tracks; null sends nothing for that source until `replace`.
   *
   * @param {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null}} tracks
   */
  async publish({ microphone, camera }) {
    await this.publisher.replace("microphone", microphone);
    await this.publisher.replace("camera", camera);
    await this.publisher.start();
  }

  /**
   * Send another track for a source (another device, a shared screen), or nothing.
   *
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  replace(source, track) {
    return this.publisher.replace(source, track);
  }

  /**
   * Send a source, or hold it back.
   *
   * @param {Source} source
   * @param {boolean} on
   */
  setOn(source, on) {
    return this.publisher.setOn(source, on);
  }

  /** Stop publishing; what is received goes on. */
  unpublish() {
    this.forget("publish");
    this.publisher.stop();
    this.tell("state", { which: "publish", state: "closed" });
  }

  /** Start to receive the room. */
  subscribe() {
    return this.subscriber.start();
  }

  /**
   * Say what the page shows; it holds over every new connection.
   *
   * @param {View} view
   */
  setView(view) {
    this.subscriber.setView(view);
  }

  /** The socket was away: the last word on what the page shows may have been lost. */
  repeatView() {
    this.subscriber.tellView();
  }

  /**
   * Take a `media` message of the server.
   *
   * @param {ServerMedia} message
   */
  async receive(message) {
    if (message.do === "offer") {
      await this.subscriber.receive(message).catch(() => this.later("subscribe", FIRST_RETRY_MS));
    } else if (message.do === "restart") {
      this.restart();
    } else if (message.do === "closed") {
      this.closed(message.which, message.reason);
    } else if (message.do === "layers") {
      await this.publisher.setLayers(message.active);
    } else if (message.do === "paused") {
      this.tell("paused", { tiles: message.tiles, weak: message.weak });
    }
  }

  /** Build both connections anew, those that are wanted. */
  restart() {
    for (const which of /** @type {Which[]} */ (["publish", "subscribe"])) {
      if (this.end(which).wanted) {
        this.forget(which);
        this.rebuild(which);
      }
    }
  }

  /** Close everything; the session cannot be used again. */
  close() {
    globalThis.removeEventListener?.("online", this.networkBack);
    this.forget("publish");
    this.forget("subscribe");
    this.publisher.stop();
    this.subscriber.stop();
    this.send({ do: "close" }).catch(() => {});
  }

  /**
   * @private
   * @param {Which} which
   */
  end(which) {
    return which === "publish" ? this.publisher : this.subscriber;
  }

  /**
   * @private
   * @param {Which} which
   * @param {RTCPeerConnectionState} state
   */
  changed(which, state) {
    this.tell("state", { which, state });
    if (state === "connected") {
      this.forget(which);
    } else if (state === "failed") {
      this.later(which, 0);
    } else if (state === "disconnected") {
      this.later(which, DISCONNECTED_MS);
    }
  }

  /**
   * @private
   * @param {Which} which
   * @param {string} reason
   */
  closed(which, reason) {
    if (PASSING.has(reason)) {
      this.later(which, FIRST_RETRY_MS);
      return;
    }
    this.forget(which);
    this.end(which).stop();
    this.tell("state", { which, state: "closed", reason });
  }

  /**
   * @private
   * @param {Which} which
   * @param {number} wait milliseconds
   */
  later(which, wait) {
    clearTimeout(this.timers.get(which));
    this.timers.set(
      which,
      setTimeout(() => this.rebuild(which), wait),
    );
  }

  /**
   * @private
   * @param {Which} which
   */
  forget(which) {
    clearTimeout(this.timers.get(which));
    this.timers.delete(which);
    this.retries.delete(which);
  }

  /**
   * Connect anew; when that fails, try again after a growing pause for as long as it is wanted.
   *
   * @private
   * @param {Which} which
   */
  async rebuild(which) {
    const end = this.end(which);
    if (!end.wanted) {
      return;
    }
    this.tell("state", { which, state: "connecting" });
    try {
      await end.start();
    } catch {
      const tries = this.retries.get(which) ?? 0;
      this.retries.set(which, tries + 1);
      if (end.wanted) {
        this.later(which, Math.min(FIRST_RETRY_MS * 2 ** tries, LAST_RETRY_MS));
      }
    }
  }

  /**
   * @private
   * @param {string} type
   * @param {object} detail
   */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
