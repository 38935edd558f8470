/**
 * From the address a launch opened to a live page, and from there through reloads, sleep and new windows
 * (the rules of the hand-off). Make one `Handoff` as the first thing at load. No DOM beyond location and history.
 *
 *   const handoff = new Handoff();             // reads the fragment once and clears it
 *   const boot = await handoff.start();        // who, where, and how to reach the socket; or HandoffFailed
 *   handoff.current()                          // {ticket, connection} for the socket
 *   handoff.accept({ticket, resume})           // the socket pushed a renewed ticket
 *   await handoff.resume()                     // the socket said ticket_expired
 *   handoff.openWindow(announce)               // in a click; `announce(hash)` sends it over the socket
 *   handoff.leave()                            // "Leave"
 *   handoff.addEventListener("hide" | "show")  // disconnect now | the browser restored this page: connect again
 *
 * The working ticket lives in memory and in `history.state` only, the resume secret in memory only: frames of one
 * origin share their storage, a duplicated tab copies it, and an address is kept by the browser's history.
 *
 * @typedef {object} Boot
 * @property {number} protocol
 * @property {{id: string, title: string}} room
 * @property {{id: string, name: string, role: "host" | "moderator" | "attendee", teaches: boolean}} participant  `teaches`: by the launch, whatever role was given in the room
 * @property {string} ticket
 * @property {string} resume
 * @property {string} connection  of this page load
 * @property {"tab" | "window"} page  how this page was opened
 * @property {{path: string, namespace: string}} socket
 * @property {{title: string, label: string}} course
 * @property {string | null} locale
 * @property {string | null} return_url  "Back to the course"
 * @property {Record<string, number>} settings  limits and times, in the units of their names
 */

const TICKET = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const CODE = /^w=([\w-]{22})$/;
const RETRY_AFTER_MS = [400, 1200, 3000];
const NO_TICKET = {
  code: "ticket_invalid",
  message: "Go back to your course and open the room again; that takes a second.",
};

/** The server's answer was no. `code` is stable; a lost network rejects with the `TypeError` of fetch instead. */
export class HandoffFailed extends Error {
  /** @param {{code: string, message: string, reference?: string}} failure @param {number} status */
  constructor(failure, status) {
    super(failure.message);
    this.name = "HandoffFailed";
    this.code = failure.code;
    this.reference = failure.reference ?? null;
    this.status = status;
  }
}

export class Handoff extends EventTarget {
  #page;
  #path;
  /** @type {string | null} */
  #code = null;
  /** @type {string | null} */
  #ticket = null;
  #resume = "";
  #connection = "";
  #entered = false;

  /** @param {Window & typeof globalThis} [page]  another one in tests */
  constructor(page = window) {
    super();
    this.#page = page;
    this.#path = page.location.pathname;
    const fragment = page.location.hash.slice(1);
    this.#code = CODE.exec(fragment)?.[1] ?? null;
    if (TICKET.test(fragment)) this.#ticket = fragment;
    else if (!this.#code) this.#restore(page.history.state);
    this.#putBack();
    page.addEventListener("hashchange", () => this.#putBack());
    page.addEventListener("popstate", () => this.#putBack());
    page.addEventListener("pagehide", () => this.dispatchEvent(new Event("hide")));
    page.addEventListener("pageshow", (event) => {
      if (event.persisted) this.dispatchEvent(new Event("show"));
    });
  }

  /**
   * Find out who this page is for. Waits while the browser only prerenders it.
   *
   * @returns {Promise<Boot>}
   * @throws {HandoffFailed} no ticket, refused or expired: "Open the room again from your course"
   */
  async start() {
    await this.#shown();
    const code = this.#code;
    this.#code = null;
    if (code) return this.#take(await this.#enter({ code }));
    if (!this.#ticket) throw new HandoffFailed(NO_TICKET, 401);
    const headers = { Authorization: `Bearer ${this.#ticket}` };
    return this.#take(await this.#ask("/api/boot", { headers }));
  }

  /** What the socket shows at its handshake. */
  current() {
    return { ticket: this.#ticket ?? "", connection: this.#connection };
  }

  /** Keep a renewed ticket. @param {{ticket: string, resume: string}} renewal */
  accept({ ticket, resume }) {
    this.#ticket = ticket;
    this.#resume = resume;
    this.#putBack();
  }

  /**
   * Come back after sleep with the resume secret.
   *
   * @returns {Promise<Boot>}
   * @throws {HandoffFailed} that is over too: "Open the room again from your course"
   */
  async resume() {
    return this.#take(await this.#enter({ resume: this.#resume }));
  }

  /** Whether the person had pressed "Join as viewer" or "Join stage" in this page before it was reloaded. */
  get entered() {
    return this.#entered;
  }

  /** Remember through a reload that the person pressed it. */
  enter() {
    this.#entered = true;
    this.#putBack();
  }

  /** Forget everything: a reload does not bring this person back. The server is told over the socket. */
  leave() {
    this.#ticket = null;
    this.#resume = "";
    this.#entered = false;
    this.#putBack();
  }

  /**
   * Open the room in a window of its own. Call it in the click itself, or the browser blocks the window.
   * Whether it opened is not known here: the server tells who is live.
   *
   * @param {(hash: string) => Promise<unknown>} announce  hands the hash to the server, over the socket
   * @returns {Promise<unknown>}  settles with the announcement
   */
  openWindow(announce) {
    const { address, announced } = this.windowAddress(announce);
    this.#page.open(address, "_blank", "noopener");
    return announced;
  }

  /**
   * Make the address for a real link that opens the room in a window of its own: good once, for 60 s. Call it in
   * the link's click and put the address there, for browsers that block `openWindow`.
   *
   * @param {(hash: string) => Promise<unknown>} announce
   */
  windowAddress(announce) {
    const code = base64url(this.#page.crypto.getRandomValues(new Uint8Array(16)));
    const bytes = new TextEncoder().encode(code);
    const announced = this.#page.crypto.subtle.digest("SHA-256", bytes).then((hash) => announce(hex(hash)));
    return { address: `${this.#path}#w=${code}`, announced };
  }

  /** @param {unknown} state */
  #restore(state) {
    this.#ticket = kept(state);
    this.#entered = this.#ticket !== null && /** @type {{entered?: unknown}} */ (state).entered === true;
  }

  /** Put address and state back as they must be, whatever a link, a frame's parent or "Back" made of them. */
  #putBack() {
    const entered = this.#entered ? { entered: true } : {};
    const state = this.#ticket ? { ticket: this.#ticket, ...entered } : null;
    this.#page.history.replaceState(state, "", this.#path);
  }

  /** @param {Boot} boot */
  #take(boot) {
    if (this.#path !== `/rooms/${boot.room.id}`) throw new HandoffFailed(NO_TICKET, 401);
    // A page that slept is the same page: its old connection must not count as another tab.
    this.#connection ||= boot.connection;
    this.accept(boot);
    return boot;
  }

  #shown() {
    const { document } = this.#page;
    if (!("prerendering" in document) || !document.prerendering) return Promise.resolve();
    return new Promise((resolve) => {
      document.addEventListener("prerenderingchange", () => resolve(undefined), { once: true });
    });
  }

  /** @param {{code: string} | {resume: string}} what */
  #enter(what) {
    const headers = { "Content-Type": "application/json" };
    return this.#ask("/api/enter", { method: "POST", headers, body: JSON.stringify(what) });
  }

  /**
   * Ask the server; a lost network and a busy store are worth a few more tries.
   *
   * @param {string} address
   * @param {RequestInit} request
   * @returns {Promise<any>}
   */
  async #ask(address, request) {
    for (const delay of RETRY_AFTER_MS) {
      try {
        return await this.#once(address, request);
      } catch (error) {
        if (error instanceof HandoffFailed && error.status !== 503) throw error;
        await new Promise((resolve) => this.#page.setTimeout(resolve, delay));
      }
    }
    return this.#once(address, request);
  }

  /** @param {string} address @param {RequestInit} request */
  async #once(address, request) {
    const answer = await this.#page.fetch(address, { ...request, cache: "no-store", redirect: "error" });
    const body = await answer.json().catch(() => null);
    if (!answer.ok) throw new HandoffFailed(body?.error ?? NO_TICKET, answer.status);
    return body;
  }
}

/** @param {unknown} state */
function kept(state) {
  const ticket = state && typeof state === "object" && "ticket" in state ? state.ticket : null;
  return typeof ticket === "string" && TICKET.test(ticket) ? ticket : null;
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

/** @param {ArrayBuffer} buffer */
function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
