import { html, useEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { number, t } from "../../i18n/t.js";
import { frameForbids } from "../../media/trouble.js";
import {
  handNumber,
  isStaff,
  liveElsewhere,
  mayLeaveStage,
  mayPresent,
  ownSeat,
  primaryStep,
  stageIsFull,
} from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Icon } from "../parts/icon.js";
import { Menu } from "../parts/menu.js";
import { moreItems } from "./more_menu.js";
import { Place } from "./place.js";
import { ReactionTray } from "./reactions.js";

/**
 * @typedef {object} Tool
 * @property {string} key
 * @property {string} icon
 * @property {string} label
 * @property {(event: MouseEvent) => void} run
 * @property {string} [look]
 * @property {number} [count]
 * @property {boolean} [amber]  the count is of people who wait
 * @property {string} [counted]  what the count says to a screen reader
 * @property {boolean} [expanded]
 * @property {string | null} [unavailable]  the key of the sentence that tells why
 * @property {boolean} [busy]
 */

/** The footer: where I stand, the next step, what I can do, the side rooms. */
export function Toolbar() {
  const room = useRoom();
  const { page, state } = room;
  const phone = page.size.value === "phone";
  const elsewhere = liveElsewhere(state);
  const more = useSignal(/** @type {HTMLElement | null} */ (null));
  /** @type {{current: HTMLDivElement | null}} */
  const bar = useRef(null);
  useEffect(() => keepOneTabStop(bar.current));
  const open = (/** @type {MouseEvent} */ event) => {
    more.value = more.value ? null : /** @type {HTMLElement} */ (event.currentTarget);
  };
  return html`<footer class="toolbar-row" data-region>
    ${!phone && html`<${Place} />`}
    <div
      ref=${bar}
      class="toolbar"
      role="toolbar"
      aria-label=${t("toolbar.name")}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => moveFocus(event, bar.current)}
    >
      <div class="tools core">
        ${!elsewhere && html`<${Primary} />`}
        ${coreTools(room, !!elsewhere).map((tool) => html`<${ToolButton} key=${tool.key} tool=${tool} />`)}
        <div class="react-place">
          <${ToolButton} tool=${reactTool(room)} />
          ${page.tray.value && html`<${ReactionTray} />`}
        </div>
      </div>
      ${!phone && html`<span class="tools-line" aria-hidden="true"></span>`}
      <div class="tools side">
        ${sideTools(room, open, more.value !== null).map((tool) => html`<${ToolButton} key=${tool.key} tool=${tool} />`)}
      </div>
    </div>
    ${
      more.value &&
      html`<${Menu} name=${t("act.more")} items=${moreItems(room)} opener=${more.value} sheet=${phone} onClose=${() => {
        more.value = null;
      }} />`
    }
  </footer>`;
}

/** The next step of the stage. Its width does not change between asking and cancelling. */
function Primary() {
  const { state, store, actions, page } = useRoom();
  const step = primaryStep(state);
  if (!step) return state.me.place === "viewer" ? html`<p class="hint">${t("access.invite")}</p>` : null;
  const full = step === "join" && stageIsFull(state) && t("unavailable.full", { seats: state.room.seats });
  const unavailable = store.online.value ? full : t("unavailable.offline");
  const press = () => {
    if (unavailable) {
      const key = store.online.value ? "unavailable.full" : "unavailable.offline";
      store.tell({ as: "confirm", tone: "amber", key, args: { seats: state.room.seats }, speak: "polite" });
      return;
    }
    actions.stageStep();
  };
  const busy = page.busy.value === (step === "ask" ? Act.ASK : Act.CANCEL);
  return html`<button
    type="button"
    class=${step === "cancel" ? "button primary-step" : "button primary primary-step"}
    aria-disabled=${unavailable ? "true" : undefined}
    onClick=${press}
  >
    ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : html`<${Icon} name=${step === "cancel" ? "close" : "arrow-up"} />`}
    <span>${t(`act.${step}`)}</span>
  </button>`;
}

/** @param {ReturnType<typeof useRoom>} room @param {boolean} elsewhere @returns {Tool[]} */
function coreTools({ state, page, actions, store, devices }, elsewhere) {
  const seat = ownSeat(state);
  const hand = handNumber(state, state.me.id) !== null;
  /** @type {Tool[]} */
  const tools = [];
  if (seat && !elsewhere) {
    tools.push(
      source("microphone", seat.microphone, ["act.unmute", "act.mute"], actions),
      source("camera", seat.camera, ["act.start_camera", "act.stop_camera"], actions),
    );
  }
  const withheld = frameForbids("display-capture");
  if (
    seat &&
    !elsewhere &&
    mayPresent(state) &&
    (devices.canShare || withheld) &&
    page.size.value !== "phone"
  ) {
    tools.push({
      key: "share",
      icon: "share",
      label: t(seat.screen ? "act.stop_share" : "act.share"),
      expanded: seat.screen || undefined,
      unavailable: withheld ? "unavailable.share_framed" : null,
      run: () => actions.share(),
    });
  }
  if (seat && !elsewhere && mayLeaveStage(state) && page.size.value !== "phone") {
    tools.push({
      key: "leave_stage",
      icon: "stage-leave",
      label: t("act.leave_stage"),
      run: () => actions.act(Act.LEAVE_STAGE),
    });
  }
  tools.push({
    key: "hand",
    icon: "hand",
    label: t(hand ? "act.lower_hand" : "act.raise_hand"),
    look: hand ? "hand-up" : "",
    unavailable: store.online.value ? null : "unavailable.offline",
    run: () => actions.act(hand ? Act.LOWER_HAND : Act.RAISE_HAND),
  });
  return tools;
}

/** @param {ReturnType<typeof useRoom>} room @returns {Tool} */
function reactTool({ page }) {
  const run = () => {
    page.tray.value = !page.tray.value;
  };
  return { key: "react", icon: "smile", label: t("act.react"), expanded: page.tray.value, run };
}

/**
 * @param {import("../../media/trouble.js").Kind} kind
 * @param {boolean} on
 * @param {[string, string]} labels
 * @param {import("../actions.js").Actions} actions
 * @returns {Tool}
 */
function source(kind, on, [start, stop], actions) {
  return {
    key: kind,
    icon: on ? kind : `${kind}-off`,
    label: t(on ? stop : start),
    look: on ? "always-named" : "always-named off",
    run: () => actions.switch(kind, !on),
  };
}

/** @param {ReturnType<typeof useRoom>} room @param {(event: MouseEvent) => void} more @param {boolean} moreOpen @returns {Tool[]} */
function sideTools({ state, page, actions }, more, moreOpen) {
  const small = page.size.value === "phone" || page.size.value === "narrow";
  const asking = isStaff(state) ? state.requests.length : 0;
  /** @type {Tool[]} */
  const tools = [
    {
      key: "chat",
      icon: "chat",
      label: t("act.chat"),
      count: page.unread.value,
      counted: t("toolbar.unread", { n: page.unread.value }),
      expanded: page.panel.value === "chat",
      run: () => page.show("chat"),
    },
    {
      key: "participants",
      icon: "people",
      label: t(page.size.value === "phone" ? "act.people" : "act.participants"),
      count: asking,
      amber: true,
      counted: t("toolbar.waiting", { n: asking }),
      expanded: page.panel.value === "participants",
      run: () => page.show("participants"),
    },
  ];
  if (small)
    return [...tools, { key: "more", icon: "dots", label: t("act.more"), expanded: moreOpen, run: more }];
  const settings = () => {
    page.dialog.value = "settings";
  };
  return [
    ...tools,
    { key: "settings", icon: "settings", label: t("act.settings"), run: settings },
    { key: "leave", icon: "door", label: t("act.leave"), look: "leave", run: () => actions.leave() },
  ];
}

/** @param {{tool: Tool}} props */
function ToolButton({ tool }) {
  const { store } = useRoom();
  const { icon, label, run, look = "", count = 0, amber, counted, expanded, unavailable } = tool;
  const id = `count-${tool.key}`;
  const press = (/** @type {MouseEvent} */ event) => {
    if (unavailable) store.tell({ as: "confirm", tone: "amber", key: unavailable, speak: "polite" });
    else run(event);
  };
  return html`<button
    type="button"
    class=${`tool ${look} ${expanded ? "open" : ""}`}
    aria-expanded=${expanded === undefined ? undefined : String(expanded)}
    aria-describedby=${count > 0 ? id : undefined}
    aria-disabled=${unavailable ? "true" : undefined}
    title=${unavailable ? t(unavailable) : label}
    onClick=${press}
  >
    <${Icon} name=${icon} />
    <span class="tool-label">${label}</span>
    ${
      count > 0 &&
      html`<span class=${amber ? "badge amber" : "badge"} aria-hidden="true">${count > 9 ? t("toolbar.nine") : number(count)}</span>
        <span id=${id} hidden>${counted}</span>`
    }
  </button>`;
}

/** @param {HTMLElement} bar @returns {HTMLElement[]} */
function buttonsOf(bar) {
  return [...bar.querySelectorAll("button")];
}

/** One stop of the tab key for the whole bar, wherever the focus was last. @param {HTMLElement | null} bar */
function keepOneTabStop(bar) {
  if (!bar) return;
  const buttons = buttonsOf(bar);
  const focused = buttons.find((one) => one === document.activeElement);
  const kept = focused ?? buttons.find((one) => one.tabIndex === 0 && one.isConnected) ?? buttons[0];
  for (const one of buttons) one.tabIndex = one === kept ? 0 : -1;
}

/** @param {KeyboardEvent} event @param {HTMLElement | null} bar */
function moveFocus(event, bar) {
  if (!bar) return;
  const buttons = buttonsOf(bar);
  const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
  const to = { [forward]: now + 1, [back]: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || now < 0) return;
  event.preventDefault();
  buttons.at(to % buttons.length)?.focus();
  keepOneTabStop(bar);
}
