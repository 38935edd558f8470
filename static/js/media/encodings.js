/**
 * What a picture is sent as: several sizes of it at once (simulcast), each switched on only while somebody
 * is sent it.
 *
 * @typedef {"camera" | "screen"} VideoSource
 * @typedef {{maxBitrate: number, maxFramerate: number}} Limits
 */

/**
 * The sizes of each source, smallest first, and what gives way when the device or the line is too slow.
 *
 * A camera keeps moving and gets coarser; text on a screen stays sharp and moves less often. `alone` is for
 * browsers that send one size only.
 *
 * @type {Record<VideoSource, {hint: string, gives: string, sizes: Array<{rid: string} & Limits>, alone: Limits}>}
 */
export const PROFILES = {
  camera: {
    hint: "motion",
    gives: "maintain-framerate",
    sizes: [
      { rid: "l", maxBitrate: 150_000, maxFramerate: 15 },
      { rid: "m", maxBitrate: 500_000, maxFramerate: 30 },
      { rid: "h", maxBitrate: 1_700_000, maxFramerate: 30 },
    ],
    alone: { maxBitrate: 1_200_000, maxFramerate: 30 },
  },
  screen: {
    hint: "detail",
    gives: "maintain-resolution",
    sizes: [
      { rid: "l", maxBitrate: 300_000, maxFramerate: 5 },
      { rid: "h", maxBitrate: 2_500_000, maxFramerate: 15 },
    ],
    alone: { maxBitrate: 2_000_000, maxFramerate: 15 },
  },
};

/** Fewer pixels than these get one size, or two: Chromium leaves the largest ones out of small pictures. */
const TWO_SIZES_FROM = 480 * 270;
const THREE_SIZES_FROM = 960 * 540;

/**
 * How many times smaller each size is than the picture, smallest size first. The largest that is sent is
 * always the picture itself, even where a browser sends fewer of them because the picture is small.
 *
 * @param {{width?: number, height?: number}} picture both 0 or absent: not known yet
 * @param {number} sizes how many there are
 * @returns {number[]}
 */
export function scales({ width = 0, height = 0 }, sizes) {
  const pixels = width * height || THREE_SIZES_FROM;
  const sent = Math.min(sizes, pixels < TWO_SIZES_FROM ? 1 : pixels < THREE_SIZES_FROM ? 2 : 3);
  return Array.from({ length: sizes }, (_, n) => 2 ** Math.max(0, sent - 1 - n));
}

/**
 * Add a line for a picture, with all its sizes where the browser can.
 *
 * @param {RTCPeerConnection} connection
 * @param {VideoSource} source
 * @param {MediaStreamTrack | null} track
 * @returns {RTCRtpTransceiver}
 */
export function addPicture(connection, source, track) {
  const { sizes, alone } = PROFILES[source];
  const add = (/** @type {RTCRtpEncodingParameters[]} */ sendEncodings) =>
    connection.addTransceiver(track ?? "video", { direction: "sendonly", sendEncodings });
  const factors = scales(track?.getSettings() ?? {}, sizes.length);
  try {
    return add(sizes.map((size, n) => ({ ...size, scaleResolutionDownBy: factors[n] })));
  } catch {
    return add([{ ...alone }]);
  }
}

/** One sender's parameters, brought in line with the newest wish by one call at a time. */
export class Sizes {
  /** @param {RTCRtpSender} sender @param {VideoSource} source */
  constructor(sender, source) {
    /** @private */ this.sender = sender;
    /** @private */ this.source = source;
    /** @private @type {readonly string[] | null} */ this.wanted = null;
    /** @private @type {Promise<void> | null} */ this.running = null;
    /** @private */ this.stale = false;
  }

  /**
   * Send only these sizes; null sends all.
   *
   * @param {readonly string[] | null} rids
   * @returns {Promise<void>} resolves when the browser was told, or would not listen
   */
  want(rids) {
    this.wanted = rids;
    this.stale = true;
    this.running ??= this.settle();
    return this.running;
  }

  /** @private */
  async settle() {
    while (this.stale) {
      this.stale = false;
      try {
        const parameters = this.sender.getParameters();
        this.write(parameters);
        await this.sender.setParameters(parameters);
      } catch {
        // A closed connection, or a browser without these switches: it sends everything, as before.
      }
    }
    this.running = null;
  }

  /**
   * @private
   * @param {RTCRtpSendParameters} parameters
   */
  write(parameters) {
    const { sizes, alone, gives } = PROFILES[this.source];
    const { encodings = [] } = parameters;
    const factors = scales(this.sender.track?.getSettings() ?? {}, encodings.length);
    /** @type {any} */ (parameters).degradationPreference = gives;
    for (const [n, encoding] of encodings.entries()) {
      const size = encodings.length > 1 ? sizes.find(({ rid }) => rid === encoding.rid) : undefined;
      const { maxBitrate, maxFramerate } = size ?? alone;
      Object.assign(encoding, { maxBitrate, maxFramerate, scaleResolutionDownBy: factors[n] });
      encoding.active = size && this.wanted ? this.wanted.includes(size.rid) : this.wanted?.length !== 0;
    }
  }
}
