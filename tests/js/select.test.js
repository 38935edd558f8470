import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../static/js/state/reduce.js";
import * as select from "../../static/js/state/select.js";
import { person, seat, snapshot, staffSnapshot } from "./support.js";

/** @param {import("../../static/js/wire/types").Snapshot} from */
function state(from) {
  const first = reduce(null, { kind: "snapshot", snapshot: from, receivedAt: 0 });
  assert.ok(first);
  return first;
}

/** @param {"everyone" | "request" | "invite"} access @param {Partial<import("../../static/js/wire/types").Me>} [me] */
function attendee(access, me = {}) {
  const base = snapshot();
  return state(snapshot({ room: { ...base.room, access }, me: { ...base.me, ...me } }));
}

test("the next step follows the mode, the place and the grants", () => {
  assert.equal(select.primaryStep(attendee("everyone")), "join");
  assert.equal(select.primaryStep(attendee("request")), "ask");
  assert.equal(select.primaryStep(attendee("invite")), null);
  assert.equal(select.primaryStep(attendee("request", { place: "requested" })), "cancel");
  assert.equal(select.primaryStep(attendee("invite", { grants: ["join_stage"] })), "join");
  assert.equal(select.primaryStep(attendee("request", { place: "invited" })), null);
  const base = staffSnapshot();
  const staff = state(
    staffSnapshot({ room: { ...base.room, access: "invite" }, me: { ...base.me, place: "viewer" } }),
  );
  assert.equal(select.primaryStep(staff), "join");
});

test("one's own tile comes last, the others in order of joining", () => {
  const people = [seat("p_noah", "Noah Kim"), seat("p_elena", "Elena Marín"), seat("p_mei", "Mei Tanaka")];
  const order = select.stageOrder(state(snapshot({ stage: people })));
  assert.deepEqual(
    order.map((one) => one.id),
    ["p_elena", "p_mei", "p_noah"],
  );
});

test("above a shared screen: who shares, then who spoke last", () => {
  const stage = ["p_a", "p_b", "p_c", "p_d"].map((id) => seat(id, id));
  const shared = state(snapshot({ stage, screens: [{ id: "p_c", name: "p_c" }] }));
  assert.deepEqual(
    select.presentationOrder(shared, ["p_d"]).map((one) => one.id),
    ["p_c", "p_d", "p_a", "p_b"],
  );
});

test("viewers: raised hands first, in their order, then by name; who asks is listed apart for staff", () => {
  const people = [person("p_z", "Zoë"), person("p_a", "Ada"), person("p_b", "Bo"), person("p_c", "Cy")];
  const roster = { people, total: 4, viewers: 4, complete: true };
  const hands = [
    { id: "p_z", name: "Zoë", at: 1 },
    { id: "p_b", name: "Bo", at: 2 },
  ];
  const seen = state(
    staffSnapshot({ stage: [], roster, hands, requests: [{ id: "p_c", name: "Cy", at: 3 }] }),
  );
  assert.deepEqual(
    select.viewers(seen).map((one) => one.id),
    ["p_z", "p_b", "p_a"],
  );
});

test("staff are offered what fits the person, and nothing against a host by a moderator", () => {
  const host = state(staffSnapshot({ stage: [seat("p_mei", "Mei Tanaka", { camera: false })] }));
  assert.deepEqual(select.personActions(host, "p_mei"), [
    "mute",
    "make_moderator",
    "remove",
    "remove_from_room",
  ]);
  const base = staffSnapshot();
  const moderator = state(staffSnapshot({ me: { ...base.me, id: "p_mod", role: "moderator" } }));
  assert.deepEqual(select.personActions(moderator, "p_elena"), []);
  assert.deepEqual(select.personActions(attendee("request"), "p_elena"), []);
  const asked = state(staffSnapshot({ requests: [{ id: "p_mei", name: "Mei Tanaka", at: 1 }] }));
  assert.deepEqual(select.personActions(asked, "p_mei").slice(0, 2), ["approve", "decline"]);
});

test("the place sentence: connection first, then the other page, then the stage", () => {
  const page = { online: true, gettingReady: false };
  assert.equal(select.placeKey(attendee("request"), page), "place.viewer");
  assert.equal(select.placeKey(attendee("request"), { ...page, online: false }), "place.reconnecting");
  const elsewhere = state(snapshot({ live: { connection: "c_2", kind: "window" } }));
  assert.equal(select.placeKey(elsewhere, page), "place.other_window");
});
