/**
 * The page's side of the wire: one socket, kept alive through lost connections and ticket renewals.
 * It turns what the server sends into messages for the state and gives requests as promises. No DOM.
 *
 * @typedef {import("./types").Message} Message
 * @typedef {import("./types").Failure} Failure
 * @typedef {{ticket: string, connection: string}} Pass
 *
 * What lets this page in, kept by `handoff.js`:
 * @typedef {object} Passport
 * @property {() => Pass} current
 * @property {(renewal: {ticket: string, resume: string}) => void} accept  a renewed ticket
 * @property {() => Promise<Pass>} resume  a new ticket by the resume secret; rejects when that is gone too
 *
 * @typedef {{state: "connecting" | "online" | "lost" | "ended", since: number, failure: Failure | null}} Status
 */
import { OFFLINE, RequestFailed, TIMEOUT } from "./failure.js";
import { ClientMessage, NAMESPACE, PROTOCOL_VERSION, ServerMessage, SOCKET_PATH } from "./names.js";
import { Seen } from "./seen.js";

const ANSWER_WITHIN = 10_000;
const RETRY_DELAYS = [300, 700, 1500, 3000, 5000];
const RESEND_WITHIN = 15_000;
const WORTH_TRYING_AGAIN = new Set(["store_unavailable", "transport"]);

export class RoomClient {
  /**
   * @param {object} parts
   * @param {typeof import("../../vendor/socket.io.js").io} parts.io
   * @param {string} parts.origin  scheme, host and port of the server
   * @param {Passport} parts.passport
   * @param {(message: Message) => void} parts.deliver
   * @param {(status: Status) => void} parts.onStatus
   * @param {() => number} [parts.now]  milliseconds
   */
  constructor({ io, origin, passport, deliver, onStatus, now = Date.now }) {
    this.passport = passport;
    this.deliver = deliver;
    this.onStatus = onStatus;
    this.now = now;
    this.seen = new Seen();
    this.welcomed = false;
    this.resumed = false;
    /** @type {import("./types").RoomEvent[] | null} events that arrive while a catch-up is on its way */
    this.waiting = null;
    this.attempt = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    /** @type {Status} */
    this.status = { state: "connecting", since: now(), failure: null };
    /** @type {{phone: boolean} | null} what to enter with again after a lost connection */
    this.entered = null;
    /** @type {Set<() => void>} */
    this.onceOnline = new Set();
    this.socket = io(origin + NAMESPACE, {
      path: SOCKET_PATH,
      transports: ["websocket"],
      autoConnect: false,
      reconnection: false,
      timeout: ANSWER_WITHIN,
      auth: (give) => give(this.#credentials()),
    });
    this.#listen();
  }

  connect() {
    clearTimeout(this.retry);
    if (!this.socket.connected && this.status.state !== "ended") this.socket.connect();
  }

  /** Leave the wire for good, or until `connect` (a page put aside by the browser). */
  disconnect() {
    clearTimeout(this.retry);
    this.socket.disconnect();
  }

  /** Come back after `pagehide`: the browser restored this page. */
  revive() {
    if (this.status.state === "ended") return;
    this.attempt = 0;
    this.connect();
  }

  /**
   * Send one message and wait for its acknowledgement.
   *
   * @param {string} name
   * @param {object} [payload]
   * @returns {Promise<Record<string, unknown>>}
   */
  request(name, payload = {}) {
    if (!this.socket.connected) return Promise.reject(new RequestFailed(OFFLINE));
    return new Promise((resolve, reject) => {
      this.socket
        .timeout(ANSWER_WITHIN)
        .emit(
          name,
          payload,
          (/** @type {Error | null} */ error, /** @type {import("./types").Ack} */ ack) => {
            if (error) reject(new RequestFailed(this.socket.connected ? TIMEOUT : OFFLINE));
            else if (ack.ok) resolve(ack);
            else reject(new RequestFailed(ack.error));
          },
        );
    });
  }

  /**
   * Count this page in, now and again after every lost connection.
   *
   * @param {{phone: boolean}} facts
   */
  async enter(facts) {
    const answer = await this.request(ClientMessage.ENTER, facts);
    this.entered = facts;
    return answer;
  }

  /**
   * Give a room command. A connection lost on the way is no answer: the same command goes out again
   * once the page is back, and its id keeps it from happening twice.
   *
   * @param {string} what  one of `Act`
   * @param {object} [fields]
   */
  async act(what, fields = {}) {
    const command = { id: crypto.randomUUID(), do: what, ...fields };
    try {
      return await this.request(ClientMessage.ACT, command);
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.code !== "offline") throw error;
      await this.#online();
      return await this.request(ClientMessage.ACT, command);
    }
  }

  #credentials() {
    const { ticket, connection } = this.passport.current();
    const seen = { versions: this.seen.versions, chat: this.seen.chat };
    return { protocol: PROTOCOL_VERSION, ticket, connection, ...(this.welcomed ? { seen } : {}) };
  }

  #online() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.onceOnline.delete(done);
        reject(new RequestFailed(OFFLINE));
      }, RESEND_WITHIN);
      const done = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
      this.onceOnline.add(done);
    });
  }

  #listen() {
    const { socket } = this;
    socket.on("connect_error", (error) => this.#refused(/** @type {Error & {data?: Failure}} */ (error)));
    socket.on("disconnect", (reason) => this.#dropped(reason));
    socket.on(ServerMessage.WELCOME, (text) => this.#welcome(JSON.parse(text)));
    socket.on(ServerMessage.SNAPSHOT, (text) => this.#snapshot(JSON.parse(text)));
    socket.on(ServerMessage.EVENT, (event) => this.#event(event));
    socket.on(ServerMessage.CHAT, (chat) => {
      if (!chat.removed) this.seen.chat = chat.seq;
      this.deliver({ kind: "chat", chat });
    });
    socket.on(ServerMessage.REACTIONS, (reactions) => this.deliver({ kind: "reactions", reactions }));
    socket.on(ServerMessage.ROSTER, (change) => this.deliver({ kind: "roster", change }));
    socket.on(ServerMessage.SPEAKING, ({ participants }) => this.deliver({ kind: "speaking", participants }));
    socket.on(ServerMessage.MEDIA, (message) => this.deliver({ kind: "media", message }));
    socket.on(ServerMessage.LIVE, (live) => this.deliver({ kind: "live", live }));
    socket.on(ServerMessage.TICKET, (renewal, acknowledge) => {
      this.passport.accept(renewal);
      acknowledge?.({ ok: true });
    });
    socket.on(ServerMessage.BYE, (bye) => {
      this.#set("ended", bye);
      this.deliver({ kind: "bye", bye });
    });
  }

  /** @param {any} welcome */
  #welcome(welcome) {
    if ("missed" in welcome) this.#missed(welcome);
    else this.#snapshot(welcome);
    this.welcomed = true;
    this.resumed = false;
    this.attempt = 0;
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const event of waiting) this.#event(event);
    if (this.status.state !== "online") this.#enterAgain();
  }

  /** A page that had entered is counted in again before anything else goes out. */
  async #enterAgain() {
    if (this.entered) await this.request(ClientMessage.ENTER, this.entered).catch(() => {});
    if (!this.socket.connected) return;
    this.#set("online", null);
    for (const done of this.onceOnline) done();
    this.onceOnline.clear();
  }

  /** @param {import("./types").Snapshot} snapshot */
  #snapshot(snapshot) {
    this.seen.replace(snapshot.versions);
    this.seen.chat = snapshot.chat.at(-1)?.seq ?? this.seen.chat;
    this.deliver({ kind: "snapshot", snapshot, receivedAt: this.now() });
  }

  /** @param {import("./types").Missed} missed */
  #missed(missed) {
    const events = missed.missed.filter((event) => this.seen.catchUp(event));
    this.seen.replace(missed.versions);
    this.seen.chat = missed.chat.at(-1)?.seq ?? this.seen.chat;
    this.deliver({ kind: "missed", missed: { ...missed, missed: events } });
  }

  /** @param {import("./types").RoomEvent} event */
  #event(event) {
    if (this.waiting) {
      this.waiting.push(event);
      return;
    }
    const verdict = this.seen.take(event);
    if (verdict === "apply") this.deliver({ kind: "event", event });
    if (verdict === "gap") this.#catchUp(event);
  }

  /** @param {import("./types").RoomEvent} event */
  #catchUp(event) {
    this.waiting = [event];
    const { versions, chat } = this.seen;
    this.request(ClientMessage.SYNC, { versions, chat }).catch(() => {
      this.waiting = null;
      this.socket.disconnect().connect();
    });
  }

  /** @param {Error & {data?: Failure}} error */
  async #refused(error) {
    const failure = error.data ?? { code: "transport", message: error.message };
    if (failure.code === "ticket_expired" && !this.resumed) await this.#resume(failure);
    else if (WORTH_TRYING_AGAIN.has(failure.code)) this.#again(failure);
    else this.#set("ended", failure);
  }

  /** @param {Failure} failure */
  async #resume(failure) {
    this.resumed = true;
    try {
      await this.passport.resume();
    } catch (error) {
      this.resumed = !(error instanceof TypeError);
      if (!this.resumed) this.#again(failure);
      else this.#set("ended", failure);
      return;
    }
    this.connect();
  }

  /** @param {string} reason */
  #dropped(reason) {
    this.waiting = null;
    if (this.status.state === "ended") return;
    if (reason === "io client disconnect") this.#set("lost", null);
    else this.#again({ code: "transport", message: reason });
  }

  /** @param {Failure} failure */
  #again(failure) {
    this.#set("lost", failure);
    const delay = RETRY_DELAYS[Math.min(this.attempt, RETRY_DELAYS.length - 1)] ?? 0;
    this.attempt += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), delay * (0.75 + Math.random() / 2));
  }

  /** @param {Status["state"]} state @param {Failure | null} failure */
  #set(state, failure) {
    const since = this.status.state === state ? this.status.since : this.now();
    this.status = { state, since, failure };
    this.onStatus(this.status);
  }
}
