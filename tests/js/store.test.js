import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../static/js/state/store.js";
import { event, moved, snapshot, staffSnapshot } from "./support.js";

/** @param {import("../../static/js/wire/types").Snapshot} [from] */
function store(from = snapshot()) {
  const made = new Store();
  made.follow({ state: "online", since: 0, failure: null });
  made.dispatch({ kind: "snapshot", snapshot: from, receivedAt: 0 });
  return made;
}

/** @param {Store} of */
function keys({ board }) {
  return {
    notices: board.value.notices.map((one) => one.key),
    confirmations: board.value.confirmations.map((one) => one.key),
  };
}

test("a notice goes when what it asks for has come about", () => {
  const here = store(snapshot({ me: { ...snapshot().me, place: "requested" } }));
  here.dispatch({ kind: "event", event: moved("p_noah", "decline", { by: "p_elena" }) });
  assert.deepEqual(keys(here).notices, ["declined.self"]);
  here.dispatch({ kind: "event", event: moved("p_noah", "ask", { by: "p_noah" }) });
  assert.deepEqual(keys(here).notices, []);
});

test("an offer to invite goes when the person is on stage anyway", () => {
  const here = store(staffSnapshot());
  here.dispatch({ kind: "event", event: moved("p_mei", "expire") });
  assert.deepEqual(keys(here).notices, ["expired.staff"]);
  here.dispatch({ kind: "event", event: moved("p_mei", "join", { role: "attendee" }) });
  assert.deepEqual(keys(here).notices, []);
});

test("before somebody has entered nothing is told", () => {
  const here = store(snapshot({ me: { ...snapshot().me, entered: false } }));
  here.dispatch({ kind: "event", event: event({ type: "access_set", access: "everyone", by: "p_elena" }) });
  assert.deepEqual(keys(here), { notices: [], confirmations: [] });
});

test("people who join are spoken in batches, oneself left out", () => {
  const here = store();
  const joined = ["p_noah", "p_a", "p_b"].map((id) => ({
    id,
    name: id,
    role: /** @type {const} */ ("attendee"),
  }));
  here.dispatch({ kind: "roster", change: { joined, left: [], viewers: 4, people: 5 } });
  assert.deepEqual([here.board.value.polite?.key, here.board.value.polite?.args?.n], ["people.joined", 2]);
});

test("a return is told when the loss was long enough to be seen", () => {
  const here = store();
  here.follow({ state: "lost", since: 1000, failure: null });
  here.follow({ state: "online", since: 1500, failure: null });
  assert.deepEqual(keys(here).confirmations, []);
  here.follow({ state: "lost", since: 2000, failure: null });
  here.follow({ state: "online", since: 4000, failure: null });
  assert.deepEqual(keys(here).confirmations, ["banner.back"]);
});

test("whoever comes back too late, or was removed meanwhile, is told so", () => {
  const onStage = snapshot({ me: { ...snapshot().me, place: "on_stage" } });
  const late = store(onStage);
  late.follow({ state: "lost", since: 1000, failure: null });
  late.dispatch({ kind: "snapshot", snapshot: snapshot(), receivedAt: 0 });
  assert.deepEqual(keys(late).notices, ["seat_lost.self"]);
  const removed = store(onStage);
  const { live, roster, process, versions } = snapshot();
  const missed = {
    missed: [moved("p_noah", "remove", { by: "p_elena" })],
    chat: [],
    versions,
    live,
    roster,
    process,
  };
  removed.dispatch({ kind: "missed", missed });
  assert.deepEqual(keys(removed).notices, ["removed.self"]);
});

test("who spoke last comes first", () => {
  const here = store();
  here.dispatch({ kind: "speaking", participants: ["p_a"] });
  here.dispatch({ kind: "speaking", participants: ["p_b"] });
  here.dispatch({ kind: "speaking", participants: [] });
  assert.deepEqual(here.heard.value, ["p_b", "p_a"]);
});
