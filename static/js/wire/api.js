/**
 * Requests of the room page beside the socket: what is asked for rarely and answered in one piece.
 * The working ticket of the hand-off says who asks.
 */

import { OFFLINE, RequestFailed, TIMEOUT } from "./failure.js";

const ANSWER_WITHIN = 20_000;

export class Api {
  #passage;

  /** @param {{current: () => {ticket: string}}} passage */
  constructor(passage) {
    this.#passage = passage;
  }

  /**
   * @param {string} address  such as `/api/grades`
   * @returns {Promise<any>} the answer's JSON
   * @throws {RequestFailed} refused, not reached, or not answered in time
   */
  get(address) {
    return this.#ask(address, {});
  }

  /**
   * @param {"POST" | "PUT" | "DELETE"} method
   * @param {string} address
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer's JSON
   * @throws {RequestFailed} refused, not reached, or not answered in time
   */
  send(method, address, body = {}) {
    const headers = { "Content-Type": "application/json" };
    return this.#ask(address, { method, headers, body: JSON.stringify(body) });
  }

  /** @param {string} address @param {RequestInit} request */
  async #ask(address, request) {
    const headers = { ...request.headers, Authorization: `Bearer ${this.#passage.current().ticket}` };
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    let answer;
    try {
      answer = await fetch(address, { ...request, headers, signal, cache: "no-store", redirect: "error" });
    } catch (error) {
      throw new RequestFailed(
        error instanceof DOMException && error.name === "TimeoutError" ? TIMEOUT : OFFLINE,
      );
    }
    const body = await answer.json().catch(() => null);
    if (!answer.ok) throw new RequestFailed(body?.error ?? OFFLINE);
    return body;
  }
}
