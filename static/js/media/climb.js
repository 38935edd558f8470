/**
 * Getting up again after the line was narrow. By itself a browser's estimate of what the line carries grows by
 * some percent a second. It measures at once, with a burst of a few packets, when the most it may ever send is
 * raised: that limit stands in the answer (`b=AS`), and the answer can be applied anew without the server.
 * The browser leaves the burst out while it sees the line overflow.
 */

const LOOK_MS = 1000;
const FIRST_WAIT_MS = 2000;
/** A burst takes some 150 ms on a line of 300 kb/s: no more often than this while none finds more. */
const LONGEST_WAIT_MS = 6000;
/** How long the estimate must not have fallen. */
const CALM_MS = 3000;
const ENOUGH = 0.9;
const FALL = 0.85;
const COLLAPSE = 0.5;
const RISE = 1.25;
/** What the limit leaves for sound and repairs, and to measure more than is needed. */
const HEADROOM = 1.2;
const SOUND = 100_000;

/** Decides when to have the line measured. Times are milliseconds, rates bits per second. */
export class Climb {
  constructor() {
    /** @private */ this.last = 0;
    /** @private */ this.wanted = 0;
    /** @private */ this.calmSince = 0;
    /** @private */ this.wait = FIRST_WAIT_MS;
    /** @private */ this.measuredAt = Number.NEGATIVE_INFINITY;
    /** @private */ this.measuredFrom = 0;
  }

  /**
   * Take the browser's estimate and what its pictures would take; true: have the line measured now.
   *
   * @param {{estimate: number, wanted: number, now: number}} seen
   */
  look({ estimate, wanted, now }) {
    this.compare(estimate, wanted, now);
    if (estimate >= ENOUGH * wanted) {
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

/** @param {RTCPeerConnection} connection */
async function estimateOf(connection) {
  for (const entry of (await connection.getStats()).values()) {
    if (entry.type === "candidate-pair" && entry.nominated && entry.availableOutgoingBitrate) {
      return /** @type {number} */ (entry.availableOutgoingBitrate);
    }
  }
  return null;
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
      const estimate = wanted ? await estimateOf(this.connection) : null;
      if (estimate !== null && this.climb.look({ estimate, wanted, now: performance.now() })) {
        await this.measure(Math.ceil((wanted * HEADROOM + SOUND) / 1000));
      }
    } catch {
      return;
    }
    if (!this.stopped) {
      this.later();
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
    await connection.setRemoteDescription({ type: "answer", sdp: limited(this.answer, kilobits) });
    this.limit = kilobits;
  }
}
