/**
 * The publishing peer connection: one m-line per source, made once. Devices change by `replaceTrack`,
 * so nothing is negotiated again until the connection is rebuilt.
 *
 * @typedef {"microphone" | "camera" | "screen"} Source
 * @typedef {(payload: Record<string, unknown>) => Promise<any>} Send
 * @typedef {(state: RTCPeerConnectionState) => void} OnState
 */

/** @type {readonly Source[]} */
export const SOURCES = ["microphone", "camera", "screen"];

/** What the video sources may use, and what gives way when there is too little: bits per second. */
const VIDEO = {
  camera: { hint: "motion", bitrate: 1_200_000, framerate: 30, gives: "balanced" },
  screen: { hint: "detail", bitrate: 2_000_000, framerate: 15, gives: "maintain-resolution" },
};

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
 * @param {RTCRtpSender} sender
 * @param {"camera" | "screen"} source
 */
async function setPreference(sender, source) {
  const parameters = /** @type {any} */ (sender.getParameters());
  parameters.degradationPreference = VIDEO[source].gives;
  try {
    await sender.setParameters(parameters);
  } catch {
    // Not every browser knows the preference; its own default is fine.
  }
}

/**
 * @param {Source} source
 * @param {MediaStreamTrack | null} track
 */
function hint(source, track) {
  if (track && source !== "microphone" && track.contentHint === "") {
    track.contentHint = VIDEO[source].hint;
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
    const answer = await ask(this.send, { do: "publish", sdp: connection.localDescription?.sdp, sources });
    if (this.connection !== connection) {
      return;
    }
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await Promise.all([this.prefer("camera"), this.prefer("screen")]);
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
    this.connection?.close();
    this.connection = null;
    this.senders.clear();
  }

  /**
   * @private
   * @param {Source} source
   */
  async apply(source) {
    await this.senders.get(source)?.replaceTrack(this.sent(source));
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
    /** @type {RTCRtpTransceiverInit} */
    const init = { direction: "sendonly" };
    if (source !== "microphone") {
      init.sendEncodings = [{ maxBitrate: VIDEO[source].bitrate, maxFramerate: VIDEO[source].framerate }];
    }
    const kind = source === "microphone" ? "audio" : "video";
    const transceiver = connection.addTransceiver(this.sent(source) ?? kind, init);
    if (kind === "video") {
      preferVp8(transceiver);
    }
    this.senders.set(source, transceiver.sender);
    return transceiver;
  }

  /**
   * @private
   * @param {"camera" | "screen"} source
   */
  async prefer(source) {
    const sender = this.senders.get(source);
    if (sender) {
      await setPreference(sender, source);
    }
  }
}
