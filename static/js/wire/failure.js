/** A request the server refused, or that did not reach it (`offline`, `timeout`). */
export class RequestFailed extends Error {
  /** @param {import("./types").Failure} failure */
  constructor(failure) {
    super(failure.message);
    this.name = "RequestFailed";
    this.code = failure.code;
    this.failure = failure;
  }
}

export const OFFLINE = Object.freeze({ code: "offline", message: "There is no connection." });
export const TIMEOUT = Object.freeze({ code: "timeout", message: "The server did not answer in time." });
