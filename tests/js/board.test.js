import assert from "node:assert/strict";
import { test } from "node:test";
import { dismiss, EMPTY_BOARD, settle, tell } from "../../static/js/state/board.js";

/** @param {string} key @param {Partial<import("../../static/js/state/types").Moment>} [rest] @returns {import("../../static/js/state/types").Moment} */
function confirmation(key, rest = {}) {
  return { as: "confirm", key, ...rest };
}

/** @param {import("../../static/js/state/board.js").Board} board */
function confirmed(board) {
  return board.confirmations.map(({ key }) => key);
}

test("of one topic only the latest is told, so that nobody reads what is past", () => {
  const asked = tell(EMPTY_BOARD, confirmation("asked.self", { topic: "stage" }));
  const other = tell(asked, confirmation("hand.self", { topic: "hand" }));
  const cancelled = tell(other, confirmation("cancelled.self", { topic: "stage" }));
  assert.deepEqual(confirmed(cancelled), ["hand.self", "cancelled.self"]);
});

test("what is settled waits in no queue", () => {
  const told = tell(EMPTY_BOARD, confirmation("asked.self", { topic: "stage" }));
  const noticed = tell(told, { as: "notice", key: "declined.self", topic: "other" });
  const settled = settle(noticed, "stage");
  assert.deepEqual(confirmed(settled), []);
  assert.equal(settled.notices.length, 1);
  assert.deepEqual(settle(settled, "other").notices, []);
});

test("a confirmation without a topic queues and is dismissed by its number", () => {
  const two = tell(tell(EMPTY_BOARD, confirmation("a")), confirmation("b"));
  assert.deepEqual(confirmed(two), ["a", "b"]);
  assert.deepEqual(confirmed(dismiss(two, 1)), ["b"]);
});
