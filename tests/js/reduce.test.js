import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEvent, reduce } from "../../static/js/state/reduce.js";
import { event, moved, seat, snapshot, staffSnapshot } from "./support.js";

/** @param {import("../../static/js/wire/types").Snapshot} [from] */
function state(from = snapshot()) {
  const first = reduce(null, { kind: "snapshot", snapshot: from, receivedAt: 900_000 });
  assert.ok(first);
  return first;
}

test("a snapshot sets the clock by the server", () => {
  assert.equal(state().clockAhead, 100);
});

test("an event before the snapshot changes nothing", () => {
  assert.equal(reduce(null, { kind: "event", event: moved("p_noah", "ask") }), null);
});

test("asking and cancelling move the place of the one who asked", () => {
  const asked = afterEvent(state(), moved("p_noah", "ask", { audience: "me", by: "p_noah" }));
  assert.equal(asked.me.place, "requested");
  assert.equal(asked.me.requested_at, 1001);
  assert.equal(afterEvent(asked, moved("p_noah", "cancel")).me.place, "viewer");
});

test("staff see a request until it is approved, then an invitation until it is answered", () => {
  const asked = afterEvent(state(staffSnapshot()), moved("p_mei", "ask", { audience: "staff" }));
  assert.deepEqual(asked.requests, [{ id: "p_mei", name: "Mei Tanaka", at: 1001 }]);
  const invited = afterEvent(asked, moved("p_mei", "approve", { by: "p_elena", until: 1121 }));
  assert.deepEqual(invited.requests, []);
  assert.deepEqual(invited.invitations, [
    {
      id: "p_mei",
      name: "Mei Tanaka",
      by: "p_elena",
      by_name: "Elena Marín",
      until: 1121,
      getting_ready: false,
    },
  ]);
  assert.deepEqual(afterEvent(invited, moved("p_mei", "reject")).invitations, []);
});

test("accepting puts a person on stage with what they chose, and lowers the hand", () => {
  const raised = afterEvent(state(), event({ type: "hand_raised", participant: "p_mei" }));
  const joined = afterEvent(raised, moved("p_mei", "accept", { role: "attendee", microphone: true }));
  assert.deepEqual(
    joined.stage.at(-1),
    seat("p_mei", "Mei Tanaka", { microphone: true, camera: false, since: 1001 }),
  );
  assert.deepEqual(joined.hands, []);
  assert.equal(joined.chat.length, 1);
  assert.equal(afterEvent(joined, moved("p_mei", "remove", { by: "p_elena" })).stage.length, 1);
});

test("getting ready moves the end of one's own invitation", () => {
  const invited = afterEvent(state(), moved("p_noah", "invite", { by: "p_elena", until: 1121 }));
  const ready = afterEvent(
    invited,
    event({ type: "invitation_extended", participant: "p_noah", until: 1600, getting_ready: true }),
  );
  assert.deepEqual(ready.me.invitation, {
    by: "p_elena",
    by_name: "Elena Marín",
    until: 1600,
    getting_ready: true,
  });
});

test("a source switched off shows on the seat; a screen is shown from anywhere", () => {
  const off = afterEvent(
    state(),
    event({
      type: "source_switched",
      participant: "p_elena",
      source: "microphone",
      on: false,
      by: "p_elena",
    }),
  );
  assert.equal(off.stage[0]?.microphone, false);
  const shared = afterEvent(
    off,
    event({ type: "source_switched", participant: "p_mei", source: "screen", on: true, by: "p_mei" }),
  );
  assert.deepEqual(shared.screens, [{ id: "p_mei", name: "Mei Tanaka" }]);
});

test("the end of a session clears what belongs to it and keeps the mode", () => {
  const busy = afterEvent(state(), moved("p_noah", "ask"));
  const ended = afterEvent(busy, event({ type: "session_ended", by: "p_elena" }));
  assert.deepEqual([ended.stage, ended.hands, ended.requests, ended.chat], [[], [], [], []]);
  assert.equal(ended.me.place, "viewer");
  assert.equal(ended.room.session, null);
  assert.equal(ended.room.access, "request");
});

test("a lost connection keeps the seat until it is back", () => {
  const lost = afterEvent(state(), event({ type: "connection_lost", participant: "p_elena", until: 1030 }));
  assert.equal(lost.stage[0]?.away_until, 1030);
  const back = afterEvent(lost, event({ type: "connection_back", participant: "p_elena" }));
  assert.equal(back.stage[0]?.away_until, null);
});

test("a role that is taken away shows what the person acts with then", () => {
  const given = afterEvent(
    state(),
    event({ type: "role_given", participant: "p_mei", role: "moderator", by: "p_elena" }),
  );
  assert.deepEqual(given.roles, { p_mei: "moderator" });
  const taken = afterEvent(
    given,
    event({ type: "role_given", participant: "p_mei", role: null, becomes: "attendee", by: "p_elena" }),
  );
  assert.deepEqual(taken.roles, {});
  assert.equal(taken.roster.people.find((one) => one.id === "p_mei")?.role, "attendee");
});

test("the roster takes comings and goings, and a new role of somebody who is there", () => {
  const change = {
    joined: [
      { id: "p_new", name: "Sofia Rossi", role: /** @type {const} */ ("attendee") },
      { id: "p_mei", name: "Mei Tanaka", role: /** @type {const} */ ("moderator") },
    ],
    left: ["p_noah"],
    viewers: 2,
    people: 3,
  };
  const after = reduce(state(), { kind: "roster", change });
  assert.deepEqual(
    after?.roster.people.map((one) => [one.id, one.role]),
    [
      ["p_elena", "host"],
      ["p_new", "attendee"],
      ["p_mei", "moderator"],
    ],
  );
  assert.equal(after?.names.p_new, "Sofia Rossi");
});

test("a large room tells counts only; grown small again, it tells everybody anew", () => {
  const counts = { joined: [], left: [], viewers: 250, people: 251, complete: false };
  const large = reduce(state(), { kind: "roster", change: counts });
  assert.deepEqual(
    [large?.roster.complete, large?.roster.viewers, large?.roster.people.length],
    [false, 250, 3],
  );
  const all = {
    joined: [{ id: "p_new", name: "Sofia Rossi", role: /** @type {const} */ ("attendee") }],
    left: [],
  };
  const small = reduce(large, { kind: "roster", change: { ...all, viewers: 1, people: 1, complete: true } });
  assert.deepEqual(
    small?.roster.people.map((one) => one.id),
    ["p_new"],
  );
});

test("a chat message comes once, and goes when it is removed", () => {
  const chat = { seq: "5-0", from: "p_mei", name: "Mei Tanaka", text: "Hello", at: 1002 };
  const once = reduce(reduce(state(), { kind: "chat", chat }), { kind: "chat", chat });
  assert.equal(once?.chat.length, 1);
  const gone = reduce(once, { kind: "chat", chat: { seq: "5-0", removed: true } });
  assert.equal(gone?.chat.length, 0);
});

test("a catch-up applies the missed events and takes over who is live", () => {
  const missed = {
    missed: [moved("p_mei", "join", { role: "attendee", camera: true })],
    chat: [{ seq: "6-0", from: "p_mei", name: "Mei Tanaka", text: "Back", at: 1003 }],
    versions: { everyone: 11, me: 10 },
    live: { connection: "c_2", kind: /** @type {const} */ ("window") },
    roster: { people: [], total: 0, viewers: 0, complete: true },
    process: "w_2",
  };
  const after = reduce(state(), { kind: "missed", missed });
  assert.equal(after?.stage.length, 2);
  assert.equal(after?.live.connection, "c_2");
  assert.deepEqual(after?.roster.people, []);
  assert.equal(after?.chat.length, 2);
});

test("a new snapshot keeps the room's own lines between the messages", () => {
  const joined = afterEvent(state(), moved("p_mei", "join", { role: "attendee" }));
  const again = reduce(joined, { kind: "snapshot", snapshot: snapshot(), receivedAt: 0 });
  assert.equal(again?.chat.length, 1);
});
