import assert from "node:assert/strict";
import { test } from "node:test";
import { Climb, Climber, limited, paused } from "../../static/js/media/climb.js";

const WANTED = 2_350_000;

/**
 * Look once a second; return at which seconds the line was measured.
 *
 * @param {Climb} climb
 * @param {number[]} estimates kilobits
 * @param {{from?: number, wanted?: number, leftOut?: boolean, lossy?: number}} [how] lossy: packets of each hundred
 */
function looks(climb, estimates, { from = 0, wanted = WANTED, leftOut = true, lossy = 0 } = {}) {
  return estimates.flatMap((kilobits, n) => {
    const now = 1000 * (from + n);
    return climb.look({
      estimate: 1000 * kilobits,
      wanted,
      leftOut,
      sent: now / 10,
      lost: (lossy * now) / 1000,
      now,
    })
      ? [from + n]
      : [];
  });
}

const steady = (/** @type {number} */ kilobits, /** @type {number} */ seconds) =>
  Array.from({ length: seconds }, () => kilobits);

test("a line that carries what is wanted is left alone", () => {
  assert.deepEqual(looks(new Climb(), steady(2300, 60)), []);
});

test("a line on which all sizes flow is left alone, for measuring interrupts them", () => {
  assert.deepEqual(looks(new Climb(), steady(1000, 60), { leftOut: false }), []);
});

test("a line that loses packets by chance is left alone, for it is not too narrow", () => {
  assert.deepEqual(looks(new Climb(), steady(500, 60), { lossy: 5 }), []);
  assert.notDeepEqual(looks(new Climb(), steady(500, 60), { lossy: 1 }), []);
});

test("a narrow line is measured when it is calm, then more and more rarely", () => {
  const at = looks(new Climb(), [2300, ...steady(200, 40)]);
  assert.equal(at[0], 4, "three seconds after the fall");
  const waits = at.slice(1).map((second, n) => second - /** @type {number} */ (at[n]));
  assert.deepEqual(waits.slice(0, 3), [4, 6, 6]);
});

test("while the estimate falls nothing is sent on top", () => {
  assert.deepEqual(looks(new Climb(), [2300, 1500, 1000, 700, 500, 350, 250]), []);
});

test("what wavers on a narrow line is no rise", () => {
  const wavering = Array.from({ length: 40 }, (_, n) => (n % 4 < 2 ? 200 : 230));
  assert.ok(looks(new Climb(), [2300, ...wavering]).length <= 8);
});

test("a rise is followed at once", () => {
  const climb = new Climb();
  looks(climb, [2300, ...steady(200, 20)]);
  const at = looks(climb, [600, 600, 1200, 1200, 2400, 2400], { from: 21 });
  assert.equal(at.length, 2, "one for each rise");
  assert.ok(/** @type {number} */ (at[0]) <= 22);
});

test("who wants more is not kept waiting for what was found before", () => {
  const climb = new Climb();
  looks(climb, steady(1000, 30), { wanted: 2_000_000 });
  assert.deepEqual(looks(climb, steady(1000, 2), { from: 30, wanted: 4_800_000 }).length, 1);
});

const ANSWER = [
  "v=0\r\n",
  "m=audio 9 X 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n",
  "m=video 9 X 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n",
  "m=video 9 X 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n",
];

test("the limit stands in the last picture's section", () => {
  const changed = "m=video 9 X 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:2921\r\na=mid:2\r\n";
  assert.equal(limited(ANSWER.join(""), 2921), [...ANSWER.slice(0, 3), changed].join(""));
  const refused = "m=video 0 X 0\r\nc=IN IP4 0.0.0.0\r\na=mid:3\r\n";
  assert.equal(
    limited([...ANSWER, refused].join(""), 2921),
    [...ANSWER.slice(0, 3), changed, refused].join(""),
  );
  assert.equal(limited("v=0\r\nm=audio 9 X 111\r\n", 1), "v=0\r\nm=audio 9 X 111\r\n");
});

test("an answer that is applied anew switches no size on", () => {
  const camera = "m=video 9 X 96\r\na=mid:1\r\na=simulcast:recv l;m;h\r\n";
  const screen = "m=video 9 X 96\r\na=mid:2\r\na=simulcast:recv l;h\r\n";
  const off = new Map([["1", new Set(["m"])]]);
  assert.equal(paused(camera + screen, off), camera.replace("l;m;h", "l;~m;h") + screen);
});

/** A connection whose estimate stays where it is. */
class FakeConnection {
  /** @param {number} estimate @param {{kind: string}[]} tracks */
  constructor(estimate, tracks) {
    this.estimate = estimate;
    this.tracks = tracks;
    this.signalingState = "stable";
    /** @type {number[]} */
    this.limits = [];
    this.looked = 0;
    this.sends = 0;
  }

  getSenders() {
    const encodings = [
      { active: true, rid: "m", maxBitrate: 500_000 },
      { active: false, rid: "h", maxBitrate: 1_700_000 },
    ];
    return this.tracks.map((track) => ({ track, getParameters: () => ({ encodings }) }));
  }

  getTransceivers() {
    return this.getSenders().map((sender, n) => ({ mid: String(n + 1), sender }));
  }

  async getStats() {
    this.looked += 1;
    const pair = { type: "candidate-pair", nominated: true, availableOutgoingBitrate: this.estimate };
    const size = { type: "outbound-rtp", kind: "video", mid: "1", active: true };
    return new Map(
      /** @type {[string, object][]} */ ([
        ["pair", pair],
        ["m", { ...size, targetBitrate: this.sends }],
        ["h", { ...size, active: false }],
      ]),
    );
  }

  async createOffer() {
    return {};
  }

  async setLocalDescription() {
    this.signalingState = "have-local-offer";
  }

  /** @param {{sdp: string}} answer */
  async setRemoteDescription({ sdp }) {
    this.signalingState = "stable";
    this.limits.push(Number(/b=AS:(\d+)/.exec(sdp)?.[1]));
  }
}

/**
 * @param {import("node:test").TestContext} context
 * @param {FakeConnection} connection
 * @param {number} seconds
 */
async function climbing(context, connection, seconds) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const climber = new Climber(/** @type {any} */ (connection), ANSWER.join(""));
  for (let second = 0; second < seconds; second++) {
    now += 1000;
    context.mock.timers.tick(1000);
    await new Promise((done) => setImmediate(done));
  }
  climber.stop();
  context.mock.timers.tick(10_000);
  return climber;
}

test("the limit is above what is wanted, and raised each time", async (context) => {
  const connection = new FakeConnection(200_000, [{ kind: "video" }]);
  await climbing(context, connection, 20);
  const { limits } = connection;
  assert.ok(limits.length >= 3);
  assert.ok(/** @type {number} */ (limits[0]) > 500);
  assert.ok(limits.slice(1).every((limit, n) => limit > /** @type {number} */ (limits[n])));
  assert.equal(connection.looked, 20, "and none after the end");
});

test("who sends no picture is not looked at", async (context) => {
  const connection = new FakeConnection(200_000, [{ kind: "audio" }]);
  await climbing(context, connection, 20);
  assert.equal(connection.looked, 0);
});

test("a browser that tells no estimate is left alone", async (context) => {
  const connection = new FakeConnection(0, [{ kind: "video" }]);
  await climbing(context, connection, 20);
  assert.deepEqual(connection.limits, []);
});
