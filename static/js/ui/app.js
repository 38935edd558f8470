import { effect, html, render, useEffect } from "../../vendor/ui.js";
import { t } from "../i18n/t.js";
import { liveElsewhere, opensIn } from "../state/select.js";
import { EndCard, WindowCard } from "./cards.js";
import { AppContext, useApp } from "./context.js";
import { DevicesView } from "./entry/devices_view.js";
import { WaitingView } from "./entry/waiting_view.js";
import { keepFocus } from "./focus.js";
import { LiveRegions } from "./live_regions.js";
import { now } from "./parts/clock.js";
import { Mark } from "./parts/mark.js";
import { RoomView } from "./room/room_view.js";
import { Sound } from "./room/sound.js";
import { listenToKeys } from "./shortcuts.js";

/**
 * Show the room in an element and keep its `data-view`, `data-size` and the theme in step.
 *
 * @param {HTMLElement} root
 * @param {import("./context.js").App} app
 */
export function mount(root, app) {
  root.classList.add("app");
  const observer = new ResizeObserver(([entry]) => {
    const { width = 0, height = 0 } = entry?.contentRect ?? {};
    app.page.box.value = { width, height };
  });
  observer.observe(root);
  keepFocus(root);
  effect(() => {
    root.dataset.view = viewOf(app);
    root.dataset.size = app.page.size.value;
    root.dataset.me = app.store.room.value?.me.name ?? "";
  });
  effect(() => {
    const { theme } = app.page.preferences.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
  effect(() => {
    document.title = app.store.room.value?.room.title ?? t("app.name");
  });
  render(html`<${AppContext.Provider} value=${app}><${Whole} /></${AppContext.Provider}>`, root);
}

/** @param {import("./context.js").App} app */
export function viewOf({ page, store }) {
  const view = page.view.value;
  const state = store.room.value;
  const inside = view === "room" || view === "devices";
  const opened = page.windowOpenedAt.value !== null;
  if (inside && (opened || (state && liveElsewhere(state) === "window"))) return "window";
  if (view === "devices" && state && isWaiting(state)) return "waiting";
  return view;
}

/** The clock is read only where it decides something. @param {import("../state/types").RoomState} state */
function isWaiting(state) {
  return state.room.schedule.opens_at !== null && opensIn(state, now.value) > 0;
}

function Whole() {
  const app = useApp();
  useEffect(() => listenToKeys(app), []);
  return html`
    <${View} view=${viewOf(app)} ready=${app.store.room.value !== null} />
    ${app.store.room.value && viewOf(app) === "room" && html`<${Sound} />`}
    <${LiveRegions} />
  `;
}

/** @param {{view: string, ready: boolean}} props */
function View({ view, ready }) {
  if (view === "left" || view === "error") return html`<${EndCard} />`;
  if (!ready || view === "boot")
    return html`<main class="entry boot"><${Mark} /><h1 class="only-spoken">${t("app.name")}</h1></main>`;
  if (view === "window") return html`<${WindowCard} />`;
  if (view === "waiting") return html`<${WaitingView} />`;
  return view === "devices" ? html`<${DevicesView} />` : html`<${RoomView} />`;
}
