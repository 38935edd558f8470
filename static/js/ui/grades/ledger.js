/**
 * Attendance and grades as one dialog shows them: asks the server, keeps the answer, and looks again while
 * something is under way.
 *
 * @typedef {import("./types").Book} Book
 */
import { signal } from "../../../vendor/ui.js";
import { RequestFailed } from "../../wire/failure.js";

const WHILE_SENDING = 2000;
const WHILE_RUNNING = 15_000;
const WHILE_NOT_TOLD = 60_000;

export class Ledger {
  #api;
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #closed = false;
  /** @type {string | null} the session to show; "": all, null: the latest */
  #shown = null;

  /** @param {import("../context.js").App["api"]} api */
  constructor(api) {
    this.#api = api;
    this.book = signal(/** @type {Book | null} */ (null));
    /** The code of the last request that failed. */
    this.failure = signal(/** @type {string | null} */ (null));
    this.busy = signal(false);
    /** The last change of a status, and what it was before. */
    this.undoable = signal(
      /** @type {{id: string, name: string, session: string, status: import("./types").Status | null} | null} */ (
        null
      ),
    );
  }

  /** Ask for everything, now and again while it changes by itself. */
  async open() {
    await this.#ask(() => this.#api.get(this.#address("")));
    this.#later();
  }

  /** Show the people of one session, or of all. @param {string | null} session */
  show(session) {
    this.#shown = session ?? "";
    return this.open();
  }

  /** @param {string} path */
  #address(path) {
    return `/api/grades${path}${this.#shown === null ? "" : `?session=${this.#shown}`}`;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /**
   * Give somebody a status, and remember the one before.
   *
   * @param {import("./types").Line} line
   * @param {string} session
   * @param {import("./types").Standing} before
   * @param {import("./types").Status | null} status  null: as recorded
   */
  async change({ id, name }, session, before, status) {
    const done = await this.#mark(session, id, status);
    const earlier = before.status === before.automatic ? null : before.status;
    this.undoable.value = done ? { id, name, session, status: earlier } : null;
  }

  /** Take the last change back. */
  async undo() {
    const last = this.undoable.value;
    this.undoable.value = null;
    if (last) await this.#mark(last.session, last.id, last.status);
  }

  /** @param {string} session @param {string} person @param {import("./types").Status | null} status */
  #mark(session, person, status) {
    return this.#change("PUT", `/sessions/${session}/people/${person}`, { status });
  }

  /** @param {string} session @param {boolean | null} counts @param {import("./types").Span | null} lesson */
  choose(session, counts, lesson) {
    return this.#change("PUT", `/sessions/${session}`, { counts, lesson });
  }

  /** @param {import("./types").Rules} rules */
  rule(rules) {
    return this.#change("PUT", "/rules", rules);
  }

  /** Say whether people who never came are sent 0. @param {boolean} zeros */
  zeros(zeros) {
    return this.#change("PUT", "/never-came", { zeros });
  }

  /** Send what was looked at. */
  send() {
    return this.#change("POST", "/send", { draft: this.book.value?.draft ?? "" });
  }

  retry() {
    return this.#change("POST", "/retry", {});
  }

  /** @param {"PUT" | "POST"} method @param {string} path @param {unknown} body */
  async #change(method, path, body) {
    this.busy.value = true;
    const done = await this.#ask(() => this.#api.send(method, this.#address(path), body));
    this.busy.value = false;
    if (!done && this.failure.value === "draft_changed") {
      await this.#ask(() => this.#api.get(this.#address("")));
      this.failure.value = "draft_changed";
    }
    this.#later();
    return done;
  }

  /** @param {() => Promise<Book>} ask @returns {Promise<boolean>} */
  async #ask(ask) {
    try {
      this.book.value = await ask();
      this.failure.value = null;
      return true;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      this.failure.value = error.code;
      return false;
    }
  }

  #later() {
    clearTimeout(this.#timer);
    const book = this.book.value;
    if (this.#closed || !book) return;
    const again = lookAgainAfter(book);
    if (again) this.#timer = setTimeout(() => this.open(), again);
  }
}

/** How soon a book changes by itself, in milliseconds; null: it does not. @param {Book} book */
function lookAgainAfter({ people, sessions, never_came: { asking, error } }) {
  if (asking || people.some((one) => one.state === "waiting")) return WHILE_SENDING;
  if (sessions.some((one) => one.until === null)) return WHILE_RUNNING;
  return error ? WHILE_NOT_TOLD : null;
}
