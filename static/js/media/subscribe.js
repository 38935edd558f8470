/**
 * The subscribing peer connection: the server offers, we answer. M-line `mid` carries what the offer's
 * `tracks` says, which may change from one offer to the next; the browser's own track events are not used.
 *
 * @import { OnState, Send, Source } from "./publish.js"
 * @import { View } from "./view.js"
 *
 * @typedef {{number: number, sdp: string, tracks: Record<string, {participant: string, source: Source}>}} Offer
 * @typedef {{participant: string, source: Source}} Shown
 * @typedef {Shown & {track: MediaStreamTrack, stream: MediaStream, receiver: RTCRtpReceiver}} Received
 */

import { Patience } from "./patience.js";
import { ask } from "./publish.js";

/**
 * The part of `o=` that names one server-side connection: an offer from another one needs a new connection here.
 *
 * @param {string} sdp
 */
function origin(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? "";
}

/**
 * Have the browser measure its round trip, as the server offers: who only receives does not know it otherwise
 * and asks for lost packets again after 100 ms, however short the way. Browsers can, but do not answer it by
 * themselves.
 *
 * @param {string} sdp an answer
 */
export function answerRoundTrips(sdp) {
  return sdp.replace(/^(a=rtpmap:(\d+) VP8\/90000)/gm, "$1\r\na=rtcp-fb:$2 rrtr");
}

/** One subscribing connection at a time. */
export class Subscriber {
  /**
   * @param {{send: Send, onState: OnState, onTrack: (received: Received) => void, onGone: (shown: Shown) => void}} options
   */
  constructor({ send, onState, onTrack, onGone }) {
    this.wanted = false;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    /** @private @type {Patience | null} */
    this.patience = null;
    /** @private */ this.send = send;
    /** @private */ this.onState = onState;
    /** @private */ this.onTrack = onTrack;
    /** @private */ this.onGone = onGone;
    /** @private @type {Map<string, Shown>} */
    this.shown = new Map();
    /** @private @type {View | null} */
    this.view = null;
    /** @private */ this.asked = false;
    /** @private */ this.origin = "";
    /** @private @type {{number: number, sdp: string | undefined} | null} */
    this.answered = null;
    /** @private @type {Promise<void>} */
    this.queue = Promise.resolve();
  }

  /**
   * Ask the server to send the room. Offers follow; what was shown is gone until they come.
   *
   * @throws {import("./publish.js").MediaError} the server refused or could not be reached
   */
  async start() {
    this.stop();
    this.wanted = true;
    await ask(this.send, { do: "subscribe" });
    if (this.wanted) {
      this.asked = true;
      this.tellView();
    }
  }

  /**
   * Say what the page shows; the server forgets it with every start, and is told again.
   *
   * @param {View} view
   */
  setView(view) {
    this.view = view;
    this.tellView();
  }

  /** Say again what the page shows: the last word may have been lost. */
  tellView() {
    if (this.asked && this.view) {
      this.send({ do: "view", ...this.view }).catch(() => {}); // said again once the page is back
    }
  }

  /**
   * Take an offer. Offers are worked off one after the other.
   *
   * @param {Offer} offer
   * @returns {Promise<void>}
   */
  receive(offer) {
    const work = this.queue.then(() => this.take(offer));
    this.queue = work.catch(() => {});
    return work;
  }

  /** Disconnect and show nothing any more. */
  stop() {
    this.wanted = false;
    this.asked = false;
    this.drop();
  }

  /** @private */
  drop() {
    this.patience?.stop();
    this.patience = null;
    this.connection?.close();
    this.connection = null;
    this.answered = null;
    this.origin = "";
    const gone = [...this.shown.values()];
    this.shown.clear();
    for (const shown of gone) {
      this.onGone(shown);
    }
  }

  /**
   * @private
   * @param {Offer} offer
   */
  async take(offer) {
    if (!this.wanted) {
      return;
    }
    if (this.answered?.number !== offer.number) {
      await this.negotiate(this.connectionFor(offer), offer);
    }
    if (this.answered?.number === offer.number) {
      await ask(this.send, { do: "answer", ...this.answered });
    }
  }

  /**
   * @private
   * @param {RTCPeerConnection} connection
   * @param {Offer} offer
   */
  async negotiate(connection, offer) {
    try {
      await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
      const { sdp = "" } = await connection.createAnswer();
      await connection.setLocalDescription({ type: "answer", sdp: answerRoundTrips(sdp) });
    } catch (error) {
      if (this.connection !== connection) {
        return; // it was replaced meanwhile, which closed it
      }
      throw error;
    }
    if (this.connection === connection) {
      this.answered = { number: offer.number, sdp: connection.localDescription?.sdp };
      this.show(connection, offer);
    }
  }

  /**
   * @private
   * @param {Offer} offer
   */
  connectionFor(offer) {
    if (this.connection && this.origin === origin(offer.sdp)) {
      return this.connection;
    }
    this.drop();
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.connection = connection;
    this.patience = new Patience(connection);
    this.origin = origin(offer.sdp);
    connection.addEventListener("connectionstatechange", () => {
      if (this.connection === connection) {
        this.onState(connection.connectionState);
      }
    });
    return connection;
  }

  /**
   * @private
   * @param {RTCPeerConnection} connection
   * @param {Offer} offer
   */
  show(connection, offer) {
    for (const [mid, was] of [...this.shown]) {
      const now = offer.tracks[mid];
      if (now?.participant !== was.participant || now?.source !== was.source) {
        this.shown.delete(mid);
        this.onGone(was);
      }
    }
    for (const transceiver of connection.getTransceivers()) {
      const shown = transceiver.mid === null ? undefined : offer.tracks[transceiver.mid];
      if (transceiver.mid !== null && shown && !this.shown.has(transceiver.mid)) {
        this.shown.set(transceiver.mid, shown);
        const { receiver } = transceiver;
        const { track } = receiver;
        this.onTrack({ ...shown, track, stream: new MediaStream([track]), receiver });
      }
    }
  }
}
