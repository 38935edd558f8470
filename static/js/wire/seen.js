/**
 * What this page has already seen, per audience. An event carries the version before it in its own
 * audience, so a gap shows at once, and the same event in two audiences is applied once.
 *
 * @typedef {import("./types").RoomEvent} RoomEvent
 * @typedef {import("./types").Versions} Versions
 */

export class Seen {
  constructor() {
    /** @type {Partial<Record<import("./types").Audience, number>>} */
    this.versions = {};
    this.applied = 0;
    /** @type {string | null} */
    this.chat = null;
  }

  /** Take over the versions of a snapshot or of a catch-up. @param {Versions} versions */
  replace(versions) {
    this.versions = { ...versions };
    this.applied = Math.max(0, ...Object.values(versions));
  }

  /**
   * Say what to do with an event, and remember it.
   *
   * @param {RoomEvent} event
   * @returns {"apply" | "repeat" | "gap"}
   */
  take(event) {
    const last = this.versions[event.audience];
    if (last !== undefined && event.v <= last) return "repeat";
    if (last === undefined || (event.prev ?? 0) !== last) return "gap";
    this.versions[event.audience] = event.v;
    if (event.v <= this.applied) return "repeat";
    this.applied = event.v;
    return "apply";
  }

  /** Remember an event of a catch-up, whatever came before it. @param {RoomEvent} event */
  catchUp(event) {
    const last = this.versions[event.audience] ?? 0;
    if (event.v > last) this.versions[event.audience] = event.v;
    if (event.v <= this.applied) return false;
    this.applied = event.v;
    return true;
  }
}
