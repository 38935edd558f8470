/**
 * The stage as one table, the same as `lti_room/rooms/stage.py`: where a move leads from each place.
 *
 * @typedef {import("../wire/types").Place} Place
 * @typedef {import("../wire/types").Move} Move
 */

/** @type {Readonly<Record<Place, Partial<Record<Move, Place>>>>} */
export const TRANSITIONS = Object.freeze({
  viewer: { ask: "requested", invite: "invited", join: "on_stage" },
  requested: {
    cancel: "viewer",
    decline: "viewer",
    release: "viewer",
    approve: "invited",
    invite: "invited",
    join: "on_stage",
    depart: "viewer",
  },
  invited: {
    accept: "on_stage",
    join: "on_stage",
    reject: "viewer",
    revoke: "viewer",
    expire: "viewer",
    depart: "viewer",
  },
  on_stage: { leave: "viewer", remove: "viewer", depart: "viewer" },
});

/**
 * The place after a move; a move that does not exist there changes nothing.
 *
 * @param {Place} place
 * @param {Move} move
 * @returns {Place}
 */
export function after(place, move) {
  return TRANSITIONS[place][move] ?? place;
}
