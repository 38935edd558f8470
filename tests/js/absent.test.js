import assert from "node:assert/strict";
import { test } from "node:test";
import { absentees, named } from "../../static/js/state/absent.js";
import { reduce } from "../../static/js/state/reduce.js";
import { person, seat, staffSnapshot } from "./support.js";

/** @param {Partial<import("../../static/js/wire/types").Snapshot>} changes */
function state(changes) {
  const first = reduce(null, { kind: "snapshot", snapshot: staffSnapshot(changes), receivedAt: 0 });
  assert.ok(first);
  return first;
}

/** @param {string} id @param {boolean} [here] */
function enrolled(id, here = false) {
  return { id, name: `Ánna ${id}`, role: /** @type {const} */ ("attendee"), here };
}

const ids = (/** @type {{id: string}[]} */ people) => people.map((one) => one.id);

test("who is in the room, on stage, removed or oneself is not missing", () => {
  const me = staffSnapshot().me.id;
  const known = state({
    stage: [seat("p_stage", "Mei")],
    roster: { complete: true, people: [person("p_viewer", "Noah")], viewers: 1, total: 2 },
    removed: [person("p_removed", "Omar")],
  });
  const course = ["p_stage", "p_viewer", "p_removed", me, "p_missing"].map((id) => enrolled(id));
  assert.deepEqual(ids(absentees(course, known)), ["p_missing"]);
});

test("where the page knows everybody, who left is missing again", () => {
  const known = state({
    stage: [],
    roster: { complete: true, people: [], viewers: 0, total: 0 },
    removed: [],
  });
  assert.deepEqual(ids(absentees([enrolled("p_left", true)], known)), ["p_left"]);
});

test("where it does not, the server's word counts", () => {
  const known = state({
    stage: [],
    roster: { complete: false, people: [], viewers: 300, total: 300 },
    removed: [],
  });
  assert.deepEqual(ids(absentees([enrolled("p_a", true), enrolled("p_b")], known)), ["p_b"]);
});

test("a name is found without its accents", () => {
  assert.deepEqual(ids(named([enrolled("p_a"), enrolled("p_b")], "anna P_B")), ["p_b"]);
});
