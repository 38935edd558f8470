/** A scheduled room: when this person may come in, and what its events change. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { enterEvent } from "../../static/js/state/events.js";
import { reduce } from "../../static/js/state/reduce.js";
import { opensIn } from "../../static/js/state/select.js";
import { fromLocal, toLocal } from "../../static/js/time/local_time.js";
import { snapshot } from "./support.js";

const NOW = 1_763_720_000;

/** @param {"attendee" | "moderator" | "host"} role @param {number | null} opensAt @param {boolean} [entered] */
function scheduled(role, opensAt, entered = false) {
  const state = reduce(null, { kind: "snapshot", snapshot: snapshot(), receivedAt: 0 });
  assert.ok(state);
  const schedule = { start: opensAt, end: null, opens_at: opensAt };
  const me = { ...state.me, role, entered };
  return { ...state, clockAhead: 0, me, room: { ...state.room, schedule } };
}

test("attendees wait by the server's clock, staff and who is in already do not", () => {
  const opens = NOW + 60;
  assert.equal(opensIn(scheduled("attendee", opens), NOW * 1000), 60);
  assert.equal(opensIn({ ...scheduled("attendee", opens), clockAhead: 45 }, NOW * 1000), 15);
  assert.equal(opensIn(scheduled("attendee", opens), (opens + 1) * 1000), 0);
  assert.equal(opensIn(scheduled("moderator", opens), NOW * 1000), 0);
  assert.equal(opensIn(scheduled("host", opens), NOW * 1000), 0);
  assert.equal(opensIn(scheduled("attendee", opens, true), NOW * 1000), 0);
  assert.equal(opensIn(scheduled("attendee", null), NOW * 1000), 0);
});

test("a new plan moves the opening", () => {
  const event = { v: 2, prev: 1, audience: "everyone", at: NOW, by: "p_elena" };
  const planned = { ...event, type: "schedule_set", start: NOW + 1000, end: NOW + 4600, early: 900 };
  const { schedule } = enterEvent(scheduled("attendee", null), /** @type {any} */ (planned)).room;
  assert.deepEqual(schedule, { start: NOW + 1000, end: NOW + 4600, opens_at: NOW + 100 });
  const cleared = { ...planned, start: null, end: null };
  assert.equal(
    enterEvent(scheduled("attendee", NOW), /** @type {any} */ (cleared)).room.schedule.opens_at,
    null,
  );
});

test("local times and moments are each other's reverse", () => {
  assert.equal(fromLocal(toLocal(1_763_720_040)), 1_763_720_040);
  assert.match(toLocal(NOW), /^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  assert.equal(fromLocal(""), null);
  assert.equal(fromLocal("soon"), null);
});
