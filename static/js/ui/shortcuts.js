/**
 * The keys of the room. Single keys count only when no field has the focus and the person has not
 * switched them off; F6 always goes round the parts of the page.
 */
import { handNumber, liveElsewhere, ownSeat } from "../state/select.js";
import { Act } from "../wire/names.js";

/** @typedef {import("./context.js").App} App */

const FIELDS = "input, select, textarea, [contenteditable], [role=menu], dialog[open]";

/** @param {App} app @returns {() => void} stop */
export function listenToKeys(app) {
  const down = (/** @type {KeyboardEvent} */ event) => onDown(app, event);
  const up = (/** @type {KeyboardEvent} */ event) => onUp(app, event);
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
  };
}

/** @param {App} app @param {KeyboardEvent} event */
function onDown(app, event) {
  if (event.defaultPrevented || app.page.view.value !== "room") return;
  if (event.key === "F6") {
    event.preventDefault();
    goRound(event.shiftKey ? -1 : 1);
    return;
  }
  if (event.key === "Escape") closeTopmost(app);
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  const talks =
    event.key === " " && app.page.preferences.value.holdToTalk && !event.repeat && !onButton(event.target);
  if (talks) talk(app, true);
  if (!app.page.preferences.value.singleKeys || event.repeat) return;
  if (run(app, event.key.toLowerCase())) event.preventDefault();
}

/** @param {App} app @param {KeyboardEvent} event */
function onUp(app, event) {
  const holds = event.key === " " && app.page.preferences.value.holdToTalk;
  if (holds && !inField(event.target) && !onButton(event.target)) talk(app, false);
}

/** @param {EventTarget | null} target */
function inField(target) {
  return (
    (target instanceof Element && target.closest(FIELDS) !== null) ||
    document.querySelector("dialog[open]") !== null
  );
}

/** Space presses a button that has the focus. @param {EventTarget | null} target */
function onButton(target) {
  return target instanceof Element && target.closest("button, a, summary") !== null;
}

/** @param {App} app @param {boolean} on */
function talk({ store, actions }, on) {
  const state = store.room.value;
  const seat = state && ownSeat(state);
  if (seat && seat.microphone !== on) actions.switch("microphone", on);
}

/** @param {App} app @param {string} key @returns {boolean} whether the key means something here */
function run(app, key) {
  const { page, actions, store } = app;
  const state = store.room.value;
  if (!state || liveElsewhere(state) === "window") return false;
  const seat = liveElsewhere(state) ? null : ownSeat(state);
  /** @type {Record<string, () => unknown>} */
  const keys = {
    m: () => seat && actions.switch("microphone", !seat.microphone),
    v: () => seat && actions.switch("camera", !seat.camera),
    h: () => actions.act(handNumber(state, state.me.id) === null ? Act.RAISE_HAND : Act.LOWER_HAND),
    c: () => page.show("chat"),
    p: () => page.show("participants"),
    r: () => {
      page.tray.value = !page.tray.value;
    },
    s: () => actions.stageStep(),
    "?": () => {
      page.dialog.value = "keys";
    },
  };
  const action = Object.hasOwn(keys, key) ? keys[key] : undefined;
  action?.();
  return action !== undefined;
}

/** @param {App} app */
function closeTopmost({ page }) {
  if (page.tray.value) page.tray.value = false;
}

/** The next part of the page, in reading order. @param {1 | -1} step */
function goRound(step) {
  const regions = [...document.querySelectorAll("header.topbar, [data-region], .invitation")].filter(isShown);
  const now = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions.at((now + step + regions.length) % regions.length);
  const target = next?.querySelector("button:not([tabindex='-1']), input, textarea, [tabindex='0']") ?? next;
  if (target instanceof HTMLElement) target.focus();
}

/** @param {Element} element */
function isShown(element) {
  return element.getClientRects().length > 0;
}
