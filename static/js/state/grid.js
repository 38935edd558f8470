/**
 * Where the tiles of the stage go: pure geometry.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{columns: number, width: number, height: number, score: number}} Shape
 */

const WIDEST = 16 / 9;
const STAY_UNLESS_BETTER_BY = 1.04;
const ALONE_AT_MOST = 1080;

/**
 * The best shape for `count` tiles. Keeps `columnsBefore` unless another count is clearly better, so
 * that one more person does not move everybody.
 *
 * @param {{count: number, width: number, height: number, gap: number, narrowest?: number, columnsBefore?: number}} room
 * @returns {Shape}
 */
export function bestShape({ count, width, height, gap, narrowest = 4 / 3, columnsBefore = 0 }) {
  const shapes = [];
  for (let columns = 1; columns <= count; columns++) {
    shapes.push(shape({ count, columns, width, height, gap, narrowest }));
  }
  const best = shapes.reduce((one, other) => (other.score > one.score ? other : one));
  const kept = shapes.find((one) => one.columns === columnsBefore);
  return kept && best.score < kept.score * STAY_UNLESS_BETTER_BY ? kept : best;
}

/**
 * @param {{count: number, columns: number, width: number, height: number, gap: number, narrowest: number}} room
 * @returns {Shape}
 */
function shape({ count, columns, width, height, gap, narrowest }) {
  const rows = Math.ceil(count / columns);
  const cell = { width: (width - gap * (columns - 1)) / columns, height: (height - gap * (rows - 1)) / rows };
  const tile = clamp(cell, count === 1 ? WIDEST : narrowest);
  if (count === 1 && tile.width > ALONE_AT_MOST) {
    tile.width = ALONE_AT_MOST;
    tile.height = ALONE_AT_MOST / WIDEST;
  }
  const empty = (columns * rows - count) / columns;
  const score = Math.max(0, tile.width) * Math.max(0, tile.height) * (1 - 0.03 * empty);
  return { columns, width: tile.width, height: tile.height, score };
}

/** Shrink the longer side until the tile is neither too wide nor too narrow. @param {{width: number, height: number}} cell @param {number} narrowest */
function clamp({ width, height }, narrowest) {
  if (width / height > WIDEST) return { width: height * WIDEST, height };
  if (width / height < narrowest) return { width, height: width / narrowest };
  return { width, height };
}

/**
 * The boxes of a shape: one size, the block centred, the last row centred. `rtl` counts from the right.
 *
 * @param {{count: number, width: number, height: number, gap: number, shape: Shape, rtl?: boolean}} room
 * @returns {Box[]}
 */
export function boxes({ count, width, height, gap, shape: { columns, width: w, height: h }, rtl = false }) {
  const rows = Math.ceil(count / columns);
  const top = (height - (rows * h + (rows - 1) * gap)) / 2;
  return Array.from({ length: count }, (_, at) => {
    const row = Math.floor(at / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const start = (width - (inRow * w + (inRow - 1) * gap)) / 2;
    const x = start + (at - row * columns) * (w + gap);
    return { x: rtl ? width - x - w : x, y: top + row * (h + gap), width: w, height: h };
  });
}

/**
 * The stage of a phone: the first tile over the full width, the others below in two columns, near square.
 *
 * @param {{count: number, width: number, height: number, gap: number, rtl?: boolean}} room
 * @returns {{boxes: Box[], height: number}}  the height may be more than there is: the stage scrolls
 */
export function phoneBoxes({ count, width, height, gap, rtl = false }) {
  const lead = { x: 0, y: 0, width, height: width / WIDEST };
  const rows = Math.ceil((count - 1) / 2);
  const w = (width - gap) / 2;
  const room = (height - lead.height - rows * gap) / Math.max(rows, 1);
  const h = Math.min(w, Math.max(room, w * 0.75));
  const rest = Array.from({ length: count - 1 }, (_, at) => {
    const alone = at === count - 2 && at % 2 === 0;
    const x = alone ? (width - w) / 2 : (at % 2) * (w + gap);
    const y = lead.height + gap + Math.floor(at / 2) * (h + gap);
    return { x: rtl ? width - x - w : x, y, width: w, height: h };
  });
  const needed = lead.height + rows * (h + gap);
  const shift = Math.max(0, (height - needed) / 2);
  const all = [lead, ...rest].map((box) => ({ ...box, y: box.y + shift }));
  return { boxes: all, height: Math.max(needed, height) };
}

/**
 * The row above a shared screen: as many tiles as fit beside the full-screen button, the rest counted.
 *
 * @param {{count: number, width: number, height: number, gap: number, rowHeight: number, button: number, rtl?: boolean}} room
 * @returns {{boxes: Box[], more: Box | null, button: Box, share: Box}}
 */
export function presentationBoxes({ count, width, height, gap, rowHeight, button, rtl = false }) {
  const w = rowHeight * WIDEST;
  const fit = Math.max(1, Math.floor((width - button) / (w + gap)));
  const shown = count <= fit ? count : fit - 1;
  const slots = Math.min(count, fit);
  const start = Math.max(0, (width - slots * (w + gap) - button) / 2);
  const at = (/** @type {number} */ x, /** @type {number} */ across) => ({
    x: rtl ? width - x - across : x,
    y: 0,
    width: across,
    height: rowHeight,
  });
  const row = Array.from({ length: slots }, (_, slot) => at(start + slot * (w + gap), w));
  return {
    boxes: row.slice(0, shown),
    more: shown < count ? (row[shown] ?? null) : null,
    button: at(start + slots * (w + gap), button),
    share: { x: 0, y: rowHeight + gap, width, height: Math.max(0, height - rowHeight - gap) },
  };
}

const SIDES_CUT_AT_MOST = 0.45;
const HEIGHT_CUT_AT_MOST = 0.26;

/**
 * Whether a picture may fill its tile. Faces are in the middle, so the sides may go; of the height
 * only little may.
 *
 * @param {number} picture  width by height
 * @param {number} tile  width by height
 */
export function mayCrop(picture, tile) {
  if (picture > tile) return 1 - tile / picture <= SIDES_CUT_AT_MOST;
  return 1 - picture / tile <= HEIGHT_CUT_AT_MOST;
}
