import { html, useEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { bestShape, boxes, phoneBoxes, presentationBoxes } from "../../state/grid.js";
import { hasDirectAccess, presentationOrder, sharer, stageOrder } from "../../state/select.js";
import { useRoom } from "../context.js";
import { IconButton } from "../parts/button.js";
import { Hall } from "../parts/mark.js";
import { Reactions } from "./reactions.js";
import { Share } from "./share.js";
import { Tile } from "./tile.js";

/**
 * @typedef {import("../../state/grid.js").Box} Box
 * @typedef {import("../../wire/types").OnStage} OnStage
 * @typedef {{order: OnStage[], boxes: Box[], height: number, share?: Box, more?: Box | null, button?: Box}} Layout
 */

const ROW_HEIGHT = Object.freeze({ wide: 102, frame: 86, narrow: 86, phone: 72 });
const FULL_SCREEN = 44;

/** The people on stage and what they share. Nothing is ever laid over a face or a shared screen. */
export function Stage() {
  const { state } = useRoom();
  /** @type {{current: HTMLElement | null}} */
  const well = useRef(null);
  const space = useSignal({ width: 0, height: 0 });
  useEffect(() => watchSize(well.current, space), []);
  const empty = state.stage.length === 0 && !sharer(state);
  return html`<section ref=${well} class="stage" aria-label=${t("stage.name")} tabindex="-1" data-region>
    ${empty ? html`<${Empty} />` : html`<${Filled} space=${space.value} well=${well} />`}
    <${Reactions} />
  </section>`;
}

/** @param {HTMLElement | null} element @param {import("../../../vendor/ui.js").Signal<{width: number, height: number}>} size */
function watchSize(element, size) {
  if (!element) return undefined;
  const observer = new ResizeObserver(([entry]) => {
    const { width = 0, height = 0 } = entry?.contentRect ?? {};
    size.value = { width, height };
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** @param {{space: {width: number, height: number}, well: {current: HTMLElement | null}}} props */
function Filled({ space, well }) {
  const { state, store, page } = useRoom();
  const columns = useRef(0);
  if (space.width === 0) return null;
  const layout = arrange(state, store.heard.value, page, space, columns);
  const placed = new Map(layout.order.map((seat, at) => [seat.id, layout.boxes[at]]));
  const ownFirst = [...state.stage].sort((one, other) => own(other, state) - own(one, state));
  const full = () =>
    well.current
      ?.querySelector(".share")
      ?.requestFullscreen?.()
      .catch(() => {});
  return html`<div class=${layout.height > space.height + 1 ? "stage-space scrolls" : "stage-space"} tabindex=${layout.height > space.height + 1 ? "0" : undefined}>
    <ul class="tiles" style=${{ "--height": `${layout.height}px` }}>
      ${ownFirst.map((seat) => {
        const box = placed.get(seat.id);
        return box && html`<${Tile} key=${seat.id} seat=${seat} box=${box} />`;
      })}
    </ul>
    ${layout.more && html`<${More} box=${layout.more} count=${state.stage.length - layout.boxes.length} />`}
    ${
      layout.share &&
      html`<${Share} box=${layout.share} />
        <div class="full-screen" style=${at(layout.button)}>
          <${IconButton} icon="fullscreen" name=${t("act.fullscreen")} onPress=${full} />
        </div>`
    }
  </div>`;
}

/** @param {OnStage} seat @param {import("../../state/types").RoomState} state */
function own(seat, state) {
  return seat.id === state.me.id ? 1 : 0;
}

/**
 * @param {import("../../state/types").RoomState} state
 * @param {string[]} heard
 * @param {import("../page.js").Page} page
 * @param {{width: number, height: number}} space
 * @param {{current: number}} columns  of the layout before
 * @returns {Layout}
 */
function arrange(state, heard, page, space, columns) {
  const size = page.size.value;
  const rtl = document.dir === "rtl";
  const gap = size === "phone" ? 8 : 10;
  if (sharer(state)) {
    const order = presentationOrder(state, heard);
    const room = {
      count: order.length,
      ...space,
      gap,
      rowHeight: ROW_HEIGHT[size],
      button: FULL_SCREEN,
      rtl,
    };
    return { order, height: space.height, ...presentationBoxes(room) };
  }
  if (size === "phone" && space.width < 480) return arrangePhone(state, heard, page, { ...space, gap, rtl });
  const order = stageOrder(state);
  const room = { count: order.length, ...space, gap };
  const narrowest = size === "phone" ? 1 : 4 / 3;
  const shape = bestShape({ ...room, narrowest, columnsBefore: columns.current });
  columns.current = shape.columns;
  return { order, height: space.height, boxes: boxes({ ...room, shape, rtl }) };
}

/**
 * Who speaks comes first and large; with a sheet open nobody else is shown.
 *
 * @param {import("../../state/types").RoomState} state
 * @param {string[]} heard
 * @param {import("../page.js").Page} page
 * @param {{width: number, height: number, gap: number, rtl: boolean}} space
 * @returns {Layout}
 */
function arrangePhone(state, heard, page, space) {
  const inOrder = stageOrder(state);
  const lead = heard.map((id) => inOrder.find((one) => one.id === id)).find(Boolean) ?? inOrder[0];
  const all = lead ? [lead, ...inOrder.filter((one) => one !== lead)] : inOrder;
  if (!page.panel.value) return { order: all, ...phoneBoxes({ count: all.length, ...space }) };
  const order = all.slice(0, 1);
  const alone = { count: 1, ...space };
  return { order, height: space.height, boxes: boxes({ ...alone, shape: bestShape(alone) }) };
}

/** @param {Box | undefined} box */
export function at(box) {
  return {
    "--x": `${box?.x ?? 0}px`,
    "--y": `${box?.y ?? 0}px`,
    "--width": `${box?.width ?? 0}px`,
    "--box-height": `${box?.height ?? 0}px`,
  };
}

/** Who does not fit above a shared screen. @param {{box: Box, count: number}} props */
function More({ box, count }) {
  const { page } = useRoom();
  return html`<button
    type="button"
    class="more-tile"
    style=${at(box)}
    aria-label=${t("stage.more_name", { n: count })}
    onClick=${() => page.panel.value !== "participants" && page.show("participants")}
  >
    ${t("stage.more", { n: count })}
  </button>`;
}

/** The waiting hall: seats light up as people come. */
function Empty() {
  const { state } = useRoom();
  const everyone = hasDirectAccess(state);
  return html`<div class="empty">
    <${Hall} lit=${Math.min(state.roster.total, 24)} />
    <h2>${t("stage.empty")}</h2>
    <p>${t(everyone ? "stage.empty.everyone" : "stage.empty.request")}</p>
  </div>`;
}
