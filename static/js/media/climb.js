/**
 * Getting up again after the line was narrow. By itself a browser's estimate of what the line carries grows by
 * some percent a second. It measures at once, with a burst of a few packets, when the most it may ever send is
 * raised: that limit stands in the answer (`b=AS`), and the answer can be applied anew without the server.
 * The browser leaves the burst out while it sees the line overflow.
 *
 * Applying an answer begins all encoders anew, and a size that flows may then be left out for seconds: so this
 * is for lines on which a size is left out already.
 */

const LOOK_MS = 1000;
const FIRST_WAIT_MS = 2000;
/** A burst takes some 150 ms on a line of 300 kb/s: no more often than this while none finds more. */
const LONGEST_WAIT_MS = 6000;
/** How long the estimate must not have fallen, and next to nothing got lost: chance is no lack of room. */
const CALM_MS = 3000;
const LOSSY = 0.02;
const ENOUGH = 0.9;
const FALL = 0.85;
const COLLAPSE = 0.5;
const RISE = 1.25;
/** What the limit leaves for sound and repairs, and to measure more than is needed. */
const HEADROOM = 1.2;
const SOUND = 100_000;

/**
 * What is known of a line. `leftOut`: some size that should be sent is not. `sent` and `lost`: packets of
 * pictures since the beginning.
 *
 * @typedef {{estimate: number, leftOut: boolean, sent: number, lost: number}} Standing
 */

/** Decides when to have the line measured. Times are milliseconds, rates bits per second. */
export class Climb {
  constructor() {
    /** @private */ this.last = 0;
    /** @private */ this.sent = 0;
    /** @private */ this.lost = 0;
    /** @private */ this.wanted = 0;
    /** @private */ this.calmSince = 0;
    /** @private */ this.wait = FIRST_WAIT_MS;
    /** @private */ this.measuredAt = Number.NEGATIVE_INFINITY;
    /** @private */ this.measuredFrom = 0;
  }

  /**
   * Take what is known of the line and what all pictures would take; true: have the line measured now.
   *
   * @param {Standing & {wanted: number, now: number}} seen
   */
  look({ estimate, wanted, leftOut, sent, lost, now }) {
    this.compare(estimate, wanted, now);
    this.count(sent, lost, now);
    if (!leftOut || estimate >= ENOUGH * wanted) {
      this.wait = FIRST_WAIT_MS;
      return false;
    }
    const rose = estimate > RISE * this.measuredFrom;
    const since = now - this.measuredAt;
    if (now - this.calmSince < CALM_MS || since < (rose ? FIRST_WAIT_MS : this.wait)) {
      return false;
    }
    this.wait = rose ? FIRST_WAIT_MS : Math.min(2 * this.wait, LONGEST_WAIT_MS);
    this.measuredFrom = Math.max(this.measuredFrom, estimate);
    this.measuredAt = now;
    return true;
  }

  /**
   * @private
   * @param {number} sent
   * @param {number} lost
   * @param {number} now
   */
  count(sent, lost, now) {
    if (lost - this.lost > LOSSY * (sent - this.sent)) {
      this.calmSince = now;
    }
    this.sent = sent;
    this.lost = lost;
  }

  /**
   * @private
   * @param {number} estimate
   * @param {number} wanted
   * @param {number} now
   */
  compare(estimate, wanted, now) {
    if (estimate < FALL * this.last || this.last === 0) {
      this.calmSince = now;
    }
    if (estimate < COLLAPSE * this.last || wanted > RISE * this.wanted) {
      this.wait = FIRST_WAIT_MS;
      this.measuredFrom = estimate;
    }
    this.last = estimate;
    this.wanted = wanted;
  }
}

/**
 * Say in an answer how much may be sent, in its last picture's section: it holds for the whole connection.
 *
 * @param {string} sdp
 * @param {number} kilobits per second
 */
export function limited(sdp, kilobits) {
  const sections = sdp.split(/^(?=m=)/m);
  const at = sections.findLastIndex((section) => /^m=video [1-9]/.test(section));
  return sections
    .map((section, n) => (n === at ? section.replace(/^(c=.*\r\n)/m, `$1b=AS:${kilobits}\r\n`) : section))
    .join("");
}

/**
 * Say in an answer which sizes are not sent at present: a browser that applies it switches all others on.
 *
 * @param {string} sdp
 * @param {ReadonlyMap<string | null, ReadonlySet<string | undefined>>} off the names of those sizes, by `mid`
 */
export function paused(sdp, off) {
  return sdp
    .split(/^(?=m=)/m)
    .map((section) => {
      const names = off.get(/^a=mid:(\S+)/m.exec(section)?.[1] ?? "");
      return section.replace(/^(a=simulcast:recv )(\S+)/m, (_line, head, rids) => {
        const marked = rids
          .split(";")
          .map((/** @type {string} */ rid) => (names?.has(rid) ? `~${rid}` : rid));
        return head + marked.join(";");
      });
    })
    .join("");
}

/** @param {RTCPeerConnection} connection */
function sizesOff(connection) {
  return new Map(
    connection.getTransceivers().map(({ mid, sender }) => {
      const off = (sender.getParameters().encodings ?? []).filter(({ active }) => !active);
      return [mid, new Set(off.map(({ rid }) => rid))];
    }),
  );
}

/**
 * What the sizes of all pictures that are sent take at most, bits per second.
 *
 * @param {RTCPeerConnection} connection
 */
function wantedBy(connection) {
  const rates = connection
    .getSenders()
    .filter(({ track }) => track?.kind === "video")
    .flatMap((sender) => sender.getParameters().encodings ?? [])
    .map(({ active, maxBitrate = 0 }) => (active ? maxBitrate : 0));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

/**
 * @param {RTCPeerConnection} connection
 * @returns {Promise<Standing>} an estimate of 0 where the browser tells none; a size that is alone counts as
 *   left out, for it is never stopped, it only gets coarse
 */
async function standing(connection) {
  const found = { estimate: 0, leftOut: false, sent: 0, lost: 0 };
  const shown = connection.getTransceivers().filter(({ sender }) => sender.track?.kind === "video");
  const mids = new Set(shown.map(({ mid }) => mid));
  let sizes = 0;
  for (const entry of (await connection.getStats()).values()) {
    if (entry.type === "candidate-pair" && entry.nominated) {
      found.estimate = entry.availableOutgoingBitrate ?? 0;
    } else if (entry.type === "outbound-rtp" && mids.has(entry.mid)) {
      sizes += 1;
      found.leftOut ||= entry.active !== false && !entry.targetBitrate;
      found.sent += entry.packetsSent ?? 0;
    } else if (entry.type === "remote-inbound-rtp" && entry.kind === "video") {
      found.lost += Math.max(0, entry.packetsLost ?? 0);
    }
  }
  found.leftOut ||= sizes === 1;
  return found;
}

/** Looks after one connection, once a second while pictures are sent. */
export class Climber {
  /** @param {RTCPeerConnection} connection @param {string} answer which was applied to it */
  constructor(connection, answer) {
    /** @private */ this.connection = connection;
    /** @private */ this.answer = answer;
    /** @private */ this.climb = new Climb();
    /** @private */ this.limit = Number.POSITIVE_INFINITY;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */ this.timer = undefined;
    /** @private */ this.stopped = false;
    this.later();
  }

  /** Leave the connection alone. */
  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** @private */
  later() {
    this.timer = setTimeout(() => this.look(), LOOK_MS);
  }

  /** @private */
  async look() {
    try {
      const wanted = wantedBy(this.connection);
      if (wanted) {
        await this.consider(wanted);
      }
    } catch {
      return;
    }
    if (!this.stopped) {
      this.later();
    }
  }

  /**
   * @private
   * @param {number} wanted
   */
  async consider(wanted) {
    const found = await standing(this.connection);
    if (found.estimate && this.climb.look({ ...found, wanted, now: performance.now() })) {
      await this.measure(Math.ceil((wanted * HEADROOM + SOUND) / 1000));
    }
  }

  /**
   * Raise the limit: where it is too high already, lower it before.
   *
   * @private
   * @param {number} kilobits
   */
  async measure(kilobits) {
    if (this.limit < kilobits || this.limit > kilobits * RISE) {
      await this.apply(kilobits);
    }
    await this.apply(this.limit + 1);
  }

  /**
   * @private
   * @param {number} kilobits
   */
  async apply(kilobits) {
    const { connection } = this;
    if (this.stopped || connection.signalingState !== "stable") {
      return;
    }
    await connection.setLocalDescription(await connection.createOffer());
    const sdp = paused(limited(this.answer, kilobits), sizesOff(connection));
    await connection.setRemoteDescription({ type: "answer", sdp });
    this.limit = kilobits;
  }
}
