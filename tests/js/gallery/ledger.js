/** A course's attendance and grades for the gallery: forty people, four sessions, every state. */
import { idOf, NAMES } from "./people.js";

/** @typedef {import("../../../static/js/ui/grades/types").Book} Book */
/** @typedef {import("../../../static/js/ui/grades/types").Status} Status */

const HOUR = 3600;
const TODAY = Math.floor(Date.now() / 1000 / HOUR) * HOUR - 2 * HOUR;
const FAMILIES = ["Adeyemi", "Brandt", "Castillo", "Dubois", "Eriksen", "Fontaine"];
const CLASS = [
  ...NAMES.slice(1),
  ...NAMES.slice(1, 16).map((name, at) => `${name.split(" ")[0]} ${FAMILIES[at % FAMILIES.length]}`),
];
/** @type {Record<number, Status>} */
const OTHERWISE = { 2: "late", 6: "left_early", 9: "absent", 17: "late", 21: "absent" };

/** @param {number} at @param {number} session */
function standing(at, session) {
  const automatic = OTHERWISE[(at + 5 * session) % 40] ?? "present";
  const minutes = { present: 88, late: 64, left_early: 61, absent: at % 2 ? 0 : 12, excused: 0 }[automatic];
  const status = at === 9 && session === 0 ? /** @type {const} */ ("excused") : automatic;
  const start = TODAY - session * 7 * 24 * HOUR;
  return {
    status,
    automatic,
    seconds: minutes * 60,
    share: minutes / 90,
    first: minutes ? start + (automatic === "late" ? 1500 : 60) : null,
    last: minutes ? start + minutes * 60 : null,
  };
}

/** @param {Partial<Book>} [change] @returns {Book} */
export function ledger(change = {}) {
  const shown = change.session === undefined ? 0 : null;
  const people = CLASS.map((name, at) => {
    const state = at === 4 ? "failed" : at === 7 ? "waiting" : at % 3 ? "draft" : "sent";
    return {
      id: idOf(name),
      name,
      points: at === 9 ? null : at % 5 === 2 ? 7.5 : 10,
      state: /** @type {import("../../../static/js/ui/grades/types").LineState} */ (
        at === 9 ? "none" : state
      ),
      sendable: at !== 13,
      never_came: false,
      code: at === 4 ? "person_refused" : null,
      retry_at: at === 7 ? TODAY + 3 * HOUR : null,
      sent_points: at === 5 ? 5 : null,
      sent_maximum: at === 5 ? 10 : null,
      sent_at: state === "sent" ? TODAY + HOUR : null,
      attended: { n: at % 7 ? 3 : 2, of: 3 },
      there: shown === null ? null : standing(at, shown),
    };
  });
  const sessions = [0, 1, 2, 3].map((session) => {
    const start = TODAY - session * 7 * 24 * HOUR;
    const summary = { present: 0, late: 0, left_early: 0, absent: 0, excused: 0 };
    for (let at = 0; at < CLASS.length; at += 1) summary[standing(at, session).status] += 1;
    return {
      id: `s_${session}`,
      start: start - 600,
      until: start + 5460,
      lesson: { start, until: start + 5400 },
      lesson_chosen: session === 0,
      counts: session !== 3,
      counts_chosen: session === 3,
      summary,
    };
  });
  return {
    now: TODAY + 2 * HOUR,
    may_send: true,
    graded: true,
    points: 10,
    send_by_itself: false,
    rules: { late_minutes: 10, early_minutes: 10, present_percent: 50, scoring: "threshold" },
    gradebook: { platform: "canvas", name: "Example school", obstacle: null, made: true },
    draft: "d",
    session: "s_0",
    to_send: 24,
    never_came: { n: 0, undecided: 0, zeros: false, asking: false, error: null, complete: true },
    pause: null,
    sessions,
    people,
    ...change,
  };
}
