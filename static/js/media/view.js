/**
 * What this page shows: how high each picture of somebody else is on the screen just now. The server sends
 * no more than that needs, and nothing of what cannot be seen.
 *
 * @typedef {"camera" | "screen"} Picture
 * @typedef {{tiles: Record<string, number>, low_data: boolean}} View heights in device pixels
 * @typedef {{key: string, height: number, seen: boolean}} Tile
 */

const BETWEEN_MS = 250;
const TALLEST = 4320;
const MOST = 64;
/** Heights are told in such steps, so that a window that is drawn larger is not told pixel by pixel. */
const STEP = 8;

/**
 * @param {Iterable<Tile>} shown
 * @param {number} ratio device pixels per pixel of the page
 * @returns {Record<string, number>}
 */
export function heights(shown, ratio) {
  /** @type {Record<string, number>} */
  const tiles = {};
  for (const { key, height, seen } of shown) {
    const pixels = Math.min(TALLEST, Math.ceil((height * ratio) / STEP) * STEP);
    if (seen && pixels > 0) tiles[key] = Math.max(pixels, tiles[key] ?? 0);
  }
  const tallest = Object.entries(tiles).sort(([, one], [, other]) => other - one);
  return Object.fromEntries(tallest.slice(0, MOST).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Watches the elements that show pictures, and tells of a change at most four times a second. */
export class Views {
  /** @param {{tell: (view: View) => void}} options */
  constructor({ tell }) {
    /** @private */ this.tell = tell;
    /** @private */ this.lowData = false;
    /** @private @type {Map<Element, Tile>} */
    this.tiles = new Map();
    /** @private */ this.told = "";
    /** @private */ this.toldAt = Number.NEGATIVE_INFINITY;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @private @type {ResizeObserver | null} */
    this.sizes = null;
    /** @private @type {IntersectionObserver | null} */
    this.sights = null;
    /** @private */ this.look = () => this.changed();
  }

  /** Begin; until then nothing is told. */
  start() {
    this.sizes = new ResizeObserver((entries) => this.measured(entries));
    this.sights = new IntersectionObserver((entries) => this.sighted(entries));
    for (const element of this.tiles.keys()) {
      this.observe(element);
    }
    document.addEventListener("visibilitychange", this.look);
  }

  stop() {
    this.sizes?.disconnect();
    this.sights?.disconnect();
    this.sizes = this.sights = null;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.look);
  }

  /**
   * Count an element as a place where a picture is shown.
   *
   * @param {Element} element
   * @param {string} participant
   * @param {Picture} source
   * @returns {() => void} it is no longer
   */
  show(element, participant, source) {
    this.tiles.set(element, { key: `${participant}/${source}`, height: 0, seen: false });
    this.observe(element);
    return () => {
      this.tiles.delete(element);
      this.sizes?.unobserve(element);
      this.sights?.unobserve(element);
      this.changed();
    };
  }

  /** @param {boolean} on as little data as possible */
  setLowData(on) {
    this.lowData = on;
    this.changed();
  }

  /** What can be seen now: nothing while the page itself cannot. @returns {View} */
  current() {
    const shown = document.visibilityState === "hidden" ? [] : this.tiles.values();
    return { tiles: heights(shown, globalThis.devicePixelRatio || 1), low_data: this.lowData };
  }

  /** @private @param {Element} element */
  observe(element) {
    this.sizes?.observe(element);
    this.sights?.observe(element);
  }

  /** @private @param {ResizeObserverEntry[]} entries */
  measured(entries) {
    for (const { target, contentRect } of entries) {
      const tile = this.tiles.get(target);
      if (tile) tile.height = contentRect.height;
    }
    this.changed();
  }

  /** @private @param {IntersectionObserverEntry[]} entries */
  sighted(entries) {
    for (const { target, isIntersecting } of entries) {
      const tile = this.tiles.get(target);
      if (tile) tile.seen = isIntersecting;
    }
    this.changed();
  }

  /** @private */
  changed() {
    clearTimeout(this.timer);
    const wait = Math.max(0, this.toldAt + BETWEEN_MS - performance.now());
    this.timer = setTimeout(() => this.report(), wait);
  }

  /** @private */
  report() {
    const view = this.current();
    const text = JSON.stringify(view);
    if (this.sizes && text !== this.told) {
      this.told = text;
      this.toldAt = performance.now();
      this.tell(view);
    }
  }
}
