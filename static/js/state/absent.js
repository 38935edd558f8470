/**
 * Who of the course is not here yet: what the server said, kept true by what the page sees.
 *
 * @typedef {{id: string, name: string, role: "host" | "moderator" | "attendee", here: boolean}} CoursePerson
 * @typedef {object} CourseList  the answer of `/api/course-people`
 * @property {boolean} asking
 * @property {string | null} error
 * @property {number | null} asked_at  seconds since the epoch
 * @property {boolean} complete
 * @property {number} total
 * @property {number} absent
 * @property {boolean} whole
 * @property {CoursePerson[]} people
 * @property {number | null} next
 */

/**
 * @param {CoursePerson[]} people
 * @param {import("./types").RoomState} state
 * @returns {CoursePerson[]} those who are not in the room, in the same order
 */
export function absentees(people, state) {
  const seen = [state.me, ...state.stage, ...state.roster.people, ...state.removed];
  const here = new Set(seen.map((one) => one.id));
  // In a large room the page knows only some of those who are here; the server knew all when it answered.
  return people.filter((one) => !here.has(one.id) && (state.roster.complete || !one.here));
}

/** @param {CoursePerson[]} people @param {string} search @returns {CoursePerson[]} */
export function named(people, search) {
  const plain = (/** @type {string} */ text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return people.filter((one) => plain(one.name).includes(plain(search)));
}
