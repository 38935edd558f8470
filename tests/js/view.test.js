import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Subscriber } from "../../static/js/media/subscribe.js";
import { heights, Views } from "../../static/js/media/view.js";

/** @param {string} key @param {number} height */
const tile = (key, height, seen = true) => ({ key, height, seen });

test("heights are told in device pixels, in steps, and only of what is seen", () => {
  const shown = [tile("p_b/camera", 90), tile("p_a/camera", 100.5), tile("p_c/camera", 90, false)];
  assert.deepEqual(heights(shown, 2), { "p_a/camera": 208, "p_b/camera": 184 });
  assert.deepEqual(heights([tile("p_a/camera", 0), tile("p_b/screen", 9000)], 1), { "p_b/screen": 4320 });
});

test("of many tiles the tallest are told", () => {
  const shown = Array.from({ length: 80 }, (_, n) => tile(`p_${n}/camera`, 100 + n));
  const told = heights(shown, 1);
  assert.equal(Object.keys(told).length, 64);
  assert.ok("p_79/camera" in told && !("p_0/camera" in told));
});

test("a picture in two places counts with the larger one", () => {
  assert.deepEqual(heights([tile("p_a/camera", 80), tile("p_a/camera", 40)], 1), { "p_a/camera": 80 });
});

/** Observers that report when the test says so. */
class Observed {
  /** @type {Observed[]} */
  static all = [];
  /** @param {(entries: object[]) => void} report */
  constructor(report) {
    this.report = report;
    this.elements = new Set();
    Observed.all.push(this);
  }
  observe(/** @type {object} */ element) {
    this.elements.add(element);
  }
  unobserve(/** @type {object} */ element) {
    this.elements.delete(element);
  }
  disconnect() {
    this.elements.clear();
  }
}

/** @param {import("node:test").TestContext} context */
function screen(context) {
  Observed.all = [];
  const page = { visibilityState: "visible", look: () => {} };
  /** @type {any} */ (globalThis).ResizeObserver = Observed;
  /** @type {any} */ (globalThis).IntersectionObserver = Observed;
  /** @type {any} */ (globalThis).document = {
    get visibilityState() {
      return page.visibilityState;
    },
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ look) => {
      page.look = look;
    },
    removeEventListener: () => {},
  };
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 1000;
  const clock = mock.method(performance, "now", () => now);
  context.after(() => {
    mock.timers.reset();
    clock.mock.restore();
  });
  /** @type {import("../../static/js/media/view.js").View[]} */
  const told = [];
  const views = new Views({ tell: (view) => told.push(view) });
  views.start();
  const [sizes, sights] = Observed.all;
  const wait = (/** @type {number} */ ms) => {
    now += ms;
    mock.timers.tick(ms);
  };
  const put = (/** @type {any} */ element, /** @type {number} */ height) => {
    sizes?.report([{ target: element, contentRect: { height } }]);
    sights?.report([{ target: element, isIntersecting: true }]);
  };
  return { page, views, told, wait, put, sizes };
}

test("a change is told at once, the next one a quarter of a second later, and nothing twice", (context) => {
  const { views, told, wait, put } = screen(context);
  const [one, other] = /** @type {any[]} */ ([{}, {}]);
  views.show(one, "p_a", "camera");
  put(one, 180);
  wait(0);
  assert.deepEqual(told, [{ tiles: { "p_a/camera": 184 }, low_data: false }]);
  views.show(other, "p_b", "screen");
  put(other, 400);
  put(one, 90);
  wait(100);
  assert.equal(told.length, 1);
  wait(150);
  assert.deepEqual(told[1], { tiles: { "p_a/camera": 96, "p_b/screen": 400 }, low_data: false });
  put(one, 92);
  wait(1000);
  assert.equal(told.length, 2, "a few pixels are no news");
});

test("a hidden page shows nothing, an element that is gone neither", (context) => {
  const { page, views, told, wait, put, sizes } = screen(context);
  const element = /** @type {any} */ ({});
  const gone = views.show(element, "p_a", "camera");
  put(element, 96);
  wait(300);
  page.visibilityState = "hidden";
  page.look();
  wait(300);
  assert.deepEqual(told.at(-1), { tiles: {}, low_data: false });
  page.visibilityState = "visible";
  page.look();
  wait(300);
  assert.deepEqual(told.at(-1)?.tiles, { "p_a/camera": 96 });
  gone();
  wait(300);
  assert.deepEqual(told.at(-1)?.tiles, {});
  assert.equal(sizes?.elements.size, 0);
});

test("saving data is told like anything else that changes", (context) => {
  const { views, told, wait } = screen(context);
  views.setLowData(true);
  wait(300);
  assert.deepEqual(told, [{ tiles: {}, low_data: true }]);
  views.stop();
  views.setLowData(false);
  wait(300);
  assert.equal(told.length, 1);
});

test("the server is told after every subscribe, and never before", async () => {
  /** @type {string[]} */
  const sent = [];
  const subscriber = new Subscriber({
    send: async (payload) => {
      sent.push(String(payload.do));
      return { ok: true };
    },
    onState: () => {},
    onTrack: () => {},
    onGone: () => {},
  });
  const view = { tiles: { "p_a/camera": 96 }, low_data: false };
  subscriber.setView(view);
  assert.deepEqual(sent, []);
  await subscriber.start();
  assert.deepEqual(sent, ["subscribe", "view"]);
  subscriber.setView(view);
  await subscriber.start();
  assert.deepEqual(sent.slice(2), ["view", "subscribe", "view"]);
  subscriber.stop();
  subscriber.setView(view);
  assert.equal(sent.length, 5);
});
