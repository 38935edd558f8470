/**
 * How long pictures wait for packets that were lost on the way. Browsers show a picture as early as they can:
 * what is repaired a moment later comes too late for it, and the picture stutters. While packets get lost we
 * let them wait for as long as a repair takes, which nobody notices, and no longer.
 */

const LOOK_MS = 2000;
/** Packets of which this share got lost, and at least so many in one look. */
const LOSSY = 0.005;
const FEWEST_LOST = 3;
const CALM_LOOKS = 10;
const SHORTEST_MS = 80;
const LONGEST_MS = 250;

/** @typedef {{lost: number, received: number, roundTrip: number}} Seen */

/**
 * @param {Iterable<any>} report of `getStats`
 * @returns {Seen} packets of pictures since the beginning, and the round trip in milliseconds
 */
export function seen(report) {
  const found = { lost: 0, received: 0, roundTrip: 0 };
  for (const entry of report) {
    if (entry.type === "inbound-rtp" && entry.kind === "video") {
      found.lost += Math.max(0, entry.packetsLost ?? 0);
      found.received += entry.packetsReceived ?? 0;
    } else if (entry.type === "candidate-pair" && entry.nominated) {
      found.roundTrip = 1000 * (entry.currentRoundTripTime ?? 0);
    }
  }
  return found;
}

/** Decides how long to wait; hand it what was seen every now and then. */
export class Waiting {
  constructor() {
    /** Milliseconds, or null: as the browser likes. @type {number | null} */
    this.target = null;
    /** @private @type {Seen} */
    this.before = { lost: 0, received: 0, roundTrip: 0 };
    /** @private */ this.calm = 0;
  }

  /**
   * @param {Seen} now
   * @returns {number | null} the new target
   */
  take(now) {
    const lost = now.lost - this.before.lost;
    const received = now.received - this.before.received;
    this.before = now;
    if (lost >= FEWEST_LOST && lost > LOSSY * (lost + received)) {
      this.calm = 0;
      // Noticing takes up to one picture, asking and getting a round trip; every other time it fails once more.
      this.target = Math.round(Math.min(LONGEST_MS, SHORTEST_MS + 2 * now.roundTrip));
    } else if (this.target !== null) {
      this.calm += 1;
      this.target = this.calm < CALM_LOOKS ? this.target : null;
    }
    return this.target;
  }
}

/** Watches one receiving connection until it is stopped. */
export class Patience {
  /** @param {RTCPeerConnection} connection */
  constructor(connection) {
    /** @private */ this.connection = connection;
    /** @private */ this.waiting = new Waiting();
    /** @private */ this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Watch no longer. */
  stop() {
    clearInterval(this.timer);
  }

  /** @private */
  async look() {
    const target = this.waiting.take(seen((await this.connection.getStats()).values()));
    for (const receiver of this.connection.getReceivers()) {
      if (receiver.track.kind === "video" && "jitterBufferTarget" in receiver) {
        receiver.jitterBufferTarget = target;
      }
    }
  }
}
