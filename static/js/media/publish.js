/**
 * The publishing peer connection: one m-line per source, made once. Devices change by `replaceTrack`,
 * so nothing is negotiated again until the connection is rebuilt.
 *
 * @import { VideoSource } from "./encodings.js"
 *
 * @typedef {"microphone" | "camera" | "screen"} Source
 * @typedef {(payload: Record<string, unknown>) => Promise<any>} Send
 * @typedef {(state: RTCPeerConnectionState) => void} OnState
 */

import { Climber } from "./climb.js";
import { addPicture, PROFILES, Sizes } from "./encodings.js";

/** @type {readonly Source[]} */
export const SOURCES = ["microphone", "camera", "screen"];

/** The media server answered with a refusal. */
export class MediaError extends Error {
  /** @param {{code?: string, message?: string}} error */
  constructor(error) {
    super(error.message ?? "The media server refused.");
    this.code = error.code ?? "media_unreachable";
  }
}

/**
 * Send a `media` message; a refusal becomes an exception.
 *
 * @param {Send} send
 * @param {Record<string, unknown>} payload
 * @returns {Promise<Record<string, any>>}
 */
export async function ask(send, payload) {
  const ack = await send(payload);
  if (ack && ack.ok === false) {
    throw new MediaError(ack.error ?? {});
  }
  return ack ?? {};
}

/** @param {RTCRtpTransceiver} transceiver */
function preferVp8(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const vp8 = codecs.filter((codec) => codec.mimeType === "video/VP8");
  const rest = codecs.filter((codec) => codec.mimeType !== "video/VP8");
  if (vp8.length > 0) {
    transceiver.setCodecPreferences?.([...vp8, ...rest]);
  }
}

/**
 * Say that lost sound can be sent again: browsers can, but do not offer it by themselves.
 *
 * @param {string} sdp
 */
export function offerResentSound(sdp) {
  const opus = /^a=rtpmap:(\d+) opus\/48000/im.exec(sdp)?.[1];
  if (!opus || new RegExp(`^a=rtcp-fb:${opus} nack\\s*$`, "m").test(sdp)) {
    return sdp;
  }
  return sdp.replace(/^(a=rtpmap:(\d+) opus\/48000\S*)/im, `$1\r\na=rtcp-fb:$2 nack`);
}

/**
 * @param {Source} source
 * @param {MediaStreamTrack | null} track
 */
function hint(source, track) {
  if (track && source !== "microphone" && track.contentHint === "") {
    track.contentHint = PROFILES[source].hint;
  }
}

/** One publishing connection at a time, and the tracks it sends. */
export class Publisher {
  /** @param {{send: Send, onState: OnState}} options */
  constructor({ send, onState }) {
    this.wanted = false;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    /** @private */ this.send = send;
    /** @private */ this.onState = onState;
    /** @private @type {Map<Source, MediaStreamTrack | null>} */
    this.tracks = new Map(SOURCES.map((source) => [source, null]));
    /** @private @type {Map<Source, boolean>} */
    this.on = new Map(SOURCES.map((source) => [source, true]));
    /** @private @type {Map<Source, RTCRtpSender>} */
    this.senders = new Map();
    /** @private @type {Map<VideoSource, Sizes>} */
    this.sizes = new Map();
    /** @private @type {Partial<Record<VideoSource, readonly string[]>>} */
    this.active = {};
    /** @private @type {Climber | null} */
    this.climber = null;
  }

  /**
   * Connect, or connect anew with the tracks there are.
   *
   * @throws {MediaError} the server refused or could not be reached
   */
  async start() {
    this.stop();
    this.wanted = true;
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.connection = connection;
    this.active = {};
    connection.addEventListener("connectionstatechange", () => {
      if (this.connection === connection) {
        this.onState(connection.connectionState);
      }
    });
    const transceivers = SOURCES.map(
      (source) => /** @type {const} */ ([source, this.add(connection, source)]),
    );
    await connection.setLocalDescription(await connection.createOffer());
    const sources = Object.fromEntries(transceivers.map(([source, { mid }]) => [mid, source]));
    const sdp = offerResentSound(connection.localDescription?.sdp ?? "");
    const answer = await ask(this.send, { do: "publish", sdp, sources });
    if (this.connection !== connection) {
      return;
    }
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.climber = new Climber(connection, answer.sdp);
    await Promise.all([this.settle("camera"), this.settle("screen")]);
  }

  /**
   * Send only these sizes of the pictures named, until told otherwise or connected anew.
   *
   * @param {Partial<Record<VideoSource, readonly string[]>>} active
   */
  async setLayers(active) {
    Object.assign(this.active, active);
    if (this.connection?.remoteDescription) {
      await Promise.all([this.settle("camera"), this.settle("screen")]);
    }
  }

  /**
   * Send another track for a source, or nothing.
   *
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  async replace(source, track) {
    hint(source, track);
    this.tracks.set(source, track);
    await this.apply(source);
  }

  /**
   * Send a source's track, or hold it back. While it is held back no packet leaves.
   *
   * @param {Source} source
   * @param {boolean} on
   */
  async setOn(source, on) {
    this.on.set(source, on);
    await this.apply(source);
  }

  /** Disconnect; the tracks are kept for the next start. */
  stop() {
    this.wanted = false;
    this.climber?.stop();
    this.connection?.close();
    this.connection = null;
    this.senders.clear();
    this.sizes.clear();
  }

  /**
   * @private
   * @param {Source} source
   */
  async apply(source) {
    await this.senders.get(source)?.replaceTrack(this.sent(source));
    if (source !== "microphone" && this.connection?.remoteDescription) {
      await this.settle(source);
    }
  }

  /**
   * @private
   * @param {Source} source
   */
  sent(source) {
    return this.on.get(source) ? (this.tracks.get(source) ?? null) : null;
  }

  /**
   * @private
   * @param {RTCPeerConnection} connection
   * @param {Source} source
   */
  add(connection, source) {
    const track = this.sent(source);
    const transceiver =
      source === "microphone"
        ? connection.addTransceiver(track ?? "audio", { direction: "sendonly" })
        : addPicture(connection, source, track);
    if (source !== "microphone") {
      preferVp8(transceiver);
      this.sizes.set(source, new Sizes(transceiver.sender, source));
    }
    this.senders.set(source, transceiver.sender);
    return transceiver;
  }

  /**
   * @private
   * @param {VideoSource} source
   */
  settle(source) {
    return this.sizes.get(source)?.want(this.active[source] ?? null);
  }
}
