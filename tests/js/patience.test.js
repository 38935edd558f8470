import assert from "node:assert/strict";
import { test } from "node:test";
import { seen, Waiting } from "../../static/js/media/patience.js";

/** @param {number} lost @param {number} received */
const picture = (lost, received) => ({
  type: "inbound-rtp",
  kind: "video",
  packetsLost: lost,
  packetsReceived: received,
});

test("only pictures count, and a loss that is negative is none", () => {
  const report = [
    picture(3, 100),
    picture(-2, 50),
    { ...picture(9, 9), kind: "audio" },
    { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04 },
  ];
  assert.deepEqual(seen(report), { lost: 3, received: 150, roundTrip: 40 });
});

test("pictures wait while packets get lost, and for a while after", () => {
  const waiting = new Waiting();
  assert.equal(waiting.take({ lost: 0, received: 1000, roundTrip: 40 }), null);
  assert.equal(waiting.take({ lost: 2, received: 1100, roundTrip: 40 }), null, "two are chance");
  assert.equal(waiting.take({ lost: 52, received: 2100, roundTrip: 40 }), 160);
  for (let look = 0; look < 9; look += 1) {
    assert.equal(waiting.take({ lost: 53, received: 2100 + look, roundTrip: 40 }), 160);
  }
  assert.equal(waiting.take({ lost: 53, received: 3100, roundTrip: 40 }), null);
});

test("nobody waits longer than a quarter of a second", () => {
  assert.equal(new Waiting().take({ lost: 50, received: 100, roundTrip: 900 }), 250);
});

test("a few lost of very many change nothing", () => {
  assert.equal(new Waiting().take({ lost: 4, received: 5000, roundTrip: 40 }), null);
});
