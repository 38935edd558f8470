import assert from "node:assert/strict";
import { test } from "node:test";
import { momentsOf } from "../../static/js/state/moments.js";
import { afterEvent, reduce } from "../../static/js/state/reduce.js";
import { event, moved, seat, snapshot, staffSnapshot } from "./support.js";

/**
 * @param {import("../../static/js/wire/types").Snapshot} from
 * @param {import("../../static/js/wire/types").RoomEvent} happening
 */
function told(from, happening) {
  const before = reduce(null, { kind: "snapshot", snapshot: from, receivedAt: 0 });
  assert.ok(before);
  return momentsOf(before, happening, afterEvent(before, happening));
}

const noah = snapshot().me;

test("the one who asked is told, and may ask again after a no", () => {
  assert.equal(told(snapshot(), moved("p_noah", "ask"))[0]?.key, "asked.self");
  const [no] = told(
    snapshot({ me: { ...noah, place: "requested" } }),
    moved("p_noah", "decline", { by: "p_elena" }),
  );
  assert.equal(no?.key, "declined.self");
  assert.equal(no?.action?.run, "ask");
});

test("a no that comes from closing the requests says so", () => {
  const room = { ...snapshot().room, access: /** @type {const} */ ("invite") };
  const [no] = told(
    snapshot({ room, me: { ...noah, place: "requested" } }),
    moved("p_noah", "decline", { by: "p_elena" }),
  );
  assert.equal(no?.key, "access.invite.asked");
  assert.equal(no?.action, undefined);
});

test("an invitation is spoken at once, being muted too", () => {
  const [invited] = told(snapshot(), moved("p_noah", "invite", { by: "p_elena", until: 1100 }));
  assert.deepEqual(
    [invited?.key, invited?.speak, invited?.args],
    ["invited.self", "assertive", { name: "Elena Marín" }],
  );
  const onStage = snapshot({ stage: [seat("p_noah", "Noah Kim")] });
  const off = event({
    type: "source_switched",
    participant: "p_noah",
    source: "microphone",
    on: false,
    by: "p_elena",
  });
  const [muted] = told(onStage, off);
  assert.deepEqual([muted?.key, muted?.action?.run, muted?.speak], ["muted.self", "unmute", "assertive"]);
  const own = event({
    type: "source_switched",
    participant: "p_noah",
    source: "microphone",
    on: false,
    by: "p_noah",
  });
  assert.deepEqual(told(onStage, own), []);
});

test("staff hear of requests and of answers; others do not", () => {
  assert.equal(told(staffSnapshot(), moved("p_mei", "ask"))[0]?.key, "asked.staff");
  assert.equal(told(staffSnapshot(), moved("p_mei", "expire"))[0]?.action?.target, "p_mei");
  assert.deepEqual(told(snapshot(), moved("p_mei", "ask")), []);
});

test("a hand tells its number to its owner and its owner's name to staff", () => {
  const raised = event({ type: "hand_raised", participant: "p_noah" });
  const [own] = told(snapshot({ hands: [{ id: "p_mei", name: "Mei Tanaka", at: 1 }] }), raised);
  assert.deepEqual([own?.key, own?.args], ["hand.self", { n: 2 }]);
  assert.equal(told(staffSnapshot(), raised)[0]?.key, "hand.staff");
  const lowered = event({ type: "hand_lowered", participant: "p_noah", by: "p_elena" });
  assert.deepEqual(told(snapshot(), lowered), []);
});

test("a new mode is told to viewers, not to those on stage", () => {
  const open = event({ type: "access_set", access: "everyone", by: "p_elena" });
  assert.equal(told(snapshot(), open)[0]?.key, "access.everyone");
  assert.deepEqual(told(snapshot({ me: { ...noah, place: "on_stage" } }), open), []);
  const room = { ...snapshot().room, access: /** @type {const} */ ("everyone") };
  const waiting = snapshot({ room, me: { ...noah, place: "requested" } });
  assert.equal(told(waiting, moved("p_noah", "release", { by: "p_elena" }))[0]?.key, "access.everyone.asked");
});
