import assert from "node:assert/strict";
import { test } from "node:test";
import { bestShape, boxes, mayCrop, phoneBoxes, presentationBoxes } from "../../static/js/state/grid.js";

const STAGES = [
  { width: 1016, height: 736 },
  { width: 565, height: 503 },
  { width: 1380, height: 736 },
  { width: 860, height: 300 },
];

test("tiles of one size stay inside the stage and apart, for 1 to 25 people", () => {
  for (const stage of STAGES) {
    for (let count = 1; count <= 25; count++) {
      const shape = bestShape({ count, ...stage, gap: 10 });
      const placed = boxes({ count, ...stage, gap: 10, shape });
      assert.equal(placed.length, count);
      for (const [at, box] of placed.entries()) {
        assert.ok(box.x >= -0.01 && box.x + box.width <= stage.width + 0.01, `${count} x`);
        assert.ok(box.y >= -0.01 && box.y + box.height <= stage.height + 0.01, `${count} y`);
        const ratio = box.width / box.height;
        assert.ok(ratio > 4 / 3 - 0.01 && ratio < 16 / 9 + 0.01, `${count} ratio ${ratio}`);
        const touching = placed.slice(at + 1).some((other) => overlap(box, other));
        assert.equal(touching, false, `${count} overlap`);
      }
    }
  }
});

/** @param {import("../../static/js/state/grid.js").Box} one @param {import("../../static/js/state/grid.js").Box} other */
function overlap(one, other) {
  const across = one.x < other.x + other.width - 0.01 && other.x < one.x + one.width - 0.01;
  const down = one.y < other.y + other.height - 0.01 && other.y < one.y + one.height - 0.01;
  return across && down;
}

test("five people on a wide stage stand in rows of two, the last one centred", () => {
  const stage = { width: 1016, height: 736 };
  const shape = bestShape({ count: 5, ...stage, gap: 10 });
  assert.equal(shape.columns, 2);
  const last = boxes({ count: 5, ...stage, gap: 10, shape })[4];
  assert.ok(last && Math.abs(last.x + last.width / 2 - 508) < 0.01);
});

test("one person alone is 16 to 9 and at most 1080 wide", () => {
  const shape = bestShape({ count: 1, width: 2000, height: 1500, gap: 10 });
  assert.deepEqual([shape.width, shape.height], [1080, 607.5]);
});

test("one more person does not turn the columns over for a small gain", () => {
  const stage = { width: 565, height: 503, gap: 10 };
  const free = bestShape({ count: 5, ...stage });
  const other = free.columns === 2 ? 3 : 2;
  const kept = bestShape({ count: 5, ...stage, columnsBefore: other });
  const ratio = free.score / bestShapeOf(5, other, stage);
  assert.equal(kept.columns === other, ratio < 1.04);
});

/** @param {number} count @param {number} columns @param {{width: number, height: number, gap: number}} stage */
function bestShapeOf(count, columns, stage) {
  return bestShape({ count, ...stage, columnsBefore: columns }).columns === columns
    ? bestShape({ count, ...stage, columnsBefore: columns }).score
    : 1;
}

test("right to left mirrors the boxes", () => {
  const stage = { width: 1000, height: 500 };
  const shape = bestShape({ count: 4, ...stage, gap: 10 });
  const [first] = boxes({ count: 4, ...stage, gap: 10, shape, rtl: true });
  const [plain] = boxes({ count: 4, ...stage, gap: 10, shape });
  assert.ok(first && plain);
  assert.equal(first.x, 1000 - plain.x - plain.width);
});

test("on a phone the first is large and more than six scroll", () => {
  const small = phoneBoxes({ count: 5, width: 358, height: 620, gap: 8 });
  assert.equal(small.boxes[0]?.width, 358);
  assert.equal(small.height, 620);
  const large = phoneBoxes({ count: 12, width: 358, height: 620, gap: 8 });
  assert.ok(large.height > 620);
});

test("above a shared screen as many as fit, the rest counted", () => {
  const room = { width: 565, height: 503, gap: 10, rowHeight: 86, button: 44 };
  const few = presentationBoxes({ count: 2, ...room });
  assert.equal(few.more, null);
  const many = presentationBoxes({ count: 25, ...room });
  assert.ok(many.more);
  assert.ok(many.boxes.length < 25);
  assert.ok(many.button.x + many.button.width <= 565.01);
  assert.deepEqual(many.share, { x: 0, y: 96, width: 565, height: 407 });
});

test("a picture fills its tile where only the sides go, and is shown whole where heads would", () => {
  assert.equal(mayCrop(16 / 9, 4 / 3), true);
  assert.equal(mayCrop(16 / 9, 1), true);
  assert.equal(mayCrop(4 / 3, 16 / 9), true);
  assert.equal(mayCrop(9 / 16, 16 / 9), false);
  assert.equal(mayCrop(3, 1), false);
});
