import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { PROFILES, Sizes, scales } from "../../static/js/media/encodings.js";
import { offerResentSound, Publisher } from "../../static/js/media/publish.js";

/** @typedef {{rid?: string, active?: boolean, maxBitrate?: number, maxFramerate?: number, scaleResolutionDownBy?: number}} Encoding */

/** A sender that takes its time to set parameters, and notes what was set. */
class FakeSender {
  /** @param {Encoding[]} encodings @param {any} track */
  constructor(encodings, track = null) {
    this.encodings = encodings;
    this.track = track;
    this.busy = false;
    this.refuses = false;
    /** @type {any[]} */
    this.set = [];
  }

  getParameters() {
    return structuredClone({ encodings: this.encodings });
  }

  /** @param {any} parameters */
  async setParameters(parameters) {
    assert.ok(!this.busy, "one call at a time");
    this.busy = true;
    await new Promise((done) => setImmediate(done));
    this.busy = false;
    if (this.refuses) {
      throw new DOMException("", "InvalidModificationError");
    }
    this.encodings = parameters.encodings;
    this.set.push(structuredClone(parameters));
  }

  /** @param {any} track */
  async replaceTrack(track) {
    this.track = track;
  }

  get active() {
    return this.encodings.filter(({ active }) => active).map(({ rid }) => rid);
  }
}

/** @param {number} width @param {number} height */
function picture(width, height) {
  return { kind: "video", contentHint: "", getSettings: () => ({ width, height }) };
}

/** A connection of a browser; `simulcast` tells whether it can send several sizes. */
class FakeConnection extends EventTarget {
  /** @type {FakeConnection[]} */
  static made = [];
  static simulcast = true;

  constructor() {
    super();
    /** @type {any[]} */
    this.transceivers = [];
    this.remoteDescription = null;
    this.localDescription = { sdp: "a=rtpmap:111 opus/48000/2\r\n" };
    FakeConnection.made.push(this);
  }

  /** @param {any} what @param {{sendEncodings?: Encoding[]}} init */
  addTransceiver(what, { sendEncodings = [{}] }) {
    if (sendEncodings.length > 1 && !FakeConnection.simulcast) {
      throw new TypeError("only one");
    }
    const track = typeof what === "string" ? null : what;
    const encodings = sendEncodings.map((encoding) => ({ active: true, ...encoding }));
    const sender = new FakeSender(encodings, track);
    const added = { mid: String(this.transceivers.length), sender, setCodecPreferences() {} };
    this.transceivers.push(added);
    return added;
  }

  async createOffer() {
    return {};
  }

  async setLocalDescription() {}

  /** @param {any} description */
  async setRemoteDescription(description) {
    this.remoteDescription = description;
  }

  close() {}

  /** @returns {FakeSender} */
  get camera() {
    return this.transceivers[1].sender;
  }
}

/** @param {number} [n] which connection, in the order they were made @returns {any} */
function made(n = 0) {
  return FakeConnection.made[n];
}

/** @type {any[]} */
let said = [];

beforeEach(() => {
  said = [];
  FakeConnection.made = [];
  FakeConnection.simulcast = true;
  Object.assign(globalThis, {
    RTCPeerConnection: FakeConnection,
    RTCRtpReceiver: { getCapabilities: () => ({ codecs: [] }) },
  });
});

afterEach(() => {
  for (const name of ["RTCPeerConnection", "RTCRtpReceiver"]) {
    delete (/** @type {any} */ (globalThis)[name]);
  }
});

function publisher() {
  return new Publisher({
    send: async (payload) => {
      said.push(payload);
      return { ok: true, sdp: "answer" };
    },
    onState() {},
  });
}

test("a camera is sent in three sizes, and the sound can be sent again", async () => {
  const publishing = publisher();
  await publishing.replace("camera", /** @type {any} */ (picture(1280, 720)));
  await publishing.start();
  const { camera } = made();
  assert.deepEqual(
    camera.encodings.map((/** @type {Encoding} */ { rid, scaleResolutionDownBy }) => [
      rid,
      scaleResolutionDownBy,
    ]),
    [
      ["l", 4],
      ["m", 2],
      ["h", 1],
    ],
  );
  assert.deepEqual(camera.active, ["l", "m", "h"]);
  assert.equal(camera.set.at(-1).degradationPreference, PROFILES.camera.gives);
  assert.match(said[0].sdp, /a=rtcp-fb:111 nack/);
  assert.deepEqual(said[0].sources, { 0: "microphone", 1: "camera", 2: "screen" });
});

test("a browser that sends one size sends the whole picture", async () => {
  FakeConnection.simulcast = false;
  const publishing = publisher();
  await publishing.start();
  const { camera } = made();
  await publishing.setLayers({ camera: ["l"] });
  assert.equal(camera.encodings.length, 1);
  assert.deepEqual([camera.encodings[0].active, camera.encodings[0].scaleResolutionDownBy], [true, 1]);
  await publishing.setLayers({ camera: [] });
  assert.equal(camera.encodings[0].active, false, "nobody looks");
});

test("an answer that takes one size only is sent the whole picture", async () => {
  const sender = new FakeSender([{ rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 }]);
  await new Sizes(/** @type {any} */ (sender), "camera").want(null);
  assert.equal(sender.encodings[0]?.scaleResolutionDownBy, 1);
  assert.equal(sender.encodings[0]?.maxBitrate, PROFILES.camera.alone.maxBitrate);
});

test("of many wishes the newest is in force, one call at a time", async () => {
  const sender = new FakeSender(["l", "m", "h"].map((rid) => ({ rid })));
  const sizes = new Sizes(/** @type {any} */ (sender), "camera");
  await Promise.all([["l"], ["l", "m"], [], ["l", "h"], ["m"]].map((rids) => sizes.want(rids)));
  assert.deepEqual(sender.active, ["m"]);
  assert.equal(sender.set.length, 2, "the first, and the newest");
  await sizes.want(null);
  assert.deepEqual(sender.active, ["l", "m", "h"]);
});

test("a refused wish does not end the listening", async () => {
  const sender = new FakeSender([{ rid: "l" }, { rid: "m" }]);
  const sizes = new Sizes(/** @type {any} */ (sender), "camera");
  sender.refuses = true;
  await sizes.want(["l"]);
  sender.refuses = false;
  await sizes.want(["m"]);
  assert.deepEqual(sender.active, ["m"]);
});

test("a wish that comes before the answer waits, and one for an earlier connection is forgotten", async () => {
  const publishing = publisher();
  await publishing.start();
  await publishing.setLayers({ camera: ["l"] });
  assert.deepEqual(made(0).camera.active, ["l"]);
  const again = publishing.start();
  await publishing.setLayers({ camera: ["l", "m"] });
  await again;
  assert.deepEqual(made(1).camera.active, ["l", "m"]);
  await publishing.start();
  assert.deepEqual(made(2).camera.active, ["l", "m", "h"]);
});

test("wishes of one source leave the other as it is", async () => {
  const publishing = publisher();
  await publishing.start();
  await publishing.setLayers({ screen: ["l"] });
  const { camera, transceivers } = made();
  assert.deepEqual(camera.active, ["l", "m", "h"]);
  assert.deepEqual(transceivers[2].sender.active, ["l"]);
  await publishing.setLayers({ camera: ["m"] });
  assert.deepEqual(transceivers[2].sender.active, ["l"]);
});

test("another camera changes how much smaller the sizes are", async () => {
  const publishing = publisher();
  await publishing.replace("camera", /** @type {any} */ (picture(1280, 720)));
  await publishing.start();
  await publishing.replace("camera", /** @type {any} */ (picture(480, 640)));
  const { camera } = made();
  assert.deepEqual(
    camera.encodings.map((/** @type {Encoding} */ { scaleResolutionDownBy }) => scaleResolutionDownBy),
    [2, 1, 1],
  );
});

test("the largest size that is sent is the picture itself", () => {
  assert.deepEqual(scales({ width: 1280, height: 720 }, 3), [4, 2, 1]);
  assert.deepEqual(scales({ width: 720, height: 1280 }, 3), [4, 2, 1], "a phone held upright");
  assert.deepEqual(scales({ width: 640, height: 480 }, 3), [2, 1, 1]);
  assert.deepEqual(scales({ width: 320, height: 240 }, 3), [1, 1, 1]);
  assert.deepEqual(scales({ width: 1280, height: 720 }, 2), [2, 1]);
  assert.deepEqual(scales({ width: 320, height: 240 }, 2), [1, 1]);
  assert.deepEqual(scales({}, 3), [4, 2, 1], "not known yet");
});

test("sound is offered to be sent again once, under the number that the browser gave Opus", () => {
  const offer = "m=audio 9 X 109\r\na=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000\r\n";
  const able = offerResentSound(offer);
  assert.equal(
    able,
    "m=audio 9 X 109\r\na=rtpmap:109 opus/48000/2\r\na=rtcp-fb:109 nack\r\na=rtpmap:9 G722/8000\r\n",
  );
  assert.equal(offerResentSound(able), able);
  assert.equal(offerResentSound("m=video 9 X 96\r\n"), "m=video 9 X 96\r\n");
});
