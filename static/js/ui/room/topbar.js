import { html, useEffect } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { isStaff, liveElsewhere, placeKey, serverTime } from "../../state/select.js";
import { useRoom } from "../context.js";
import { IconButton } from "../parts/button.js";
import { Elapsed, keepTime, now } from "../parts/clock.js";
import { Mark } from "../parts/mark.js";
import { ModeMenu } from "./mode_menu.js";
import { Notices } from "./notices.js";

/** Who meets here, for how long, how one comes on stage, and what needs an answer. */
export function TopBar() {
  const { page, actions } = useRoom();
  const phone = page.size.value === "phone";
  return html`<header class="topbar">
    <div class="topbar-title">
      <${Mark} />
      <${Title} phone=${phone} />
      <${LiveClock} phone=${phone} />
    </div>
    <${Notices} />
    <div class="topbar-end">
      <${HearButton} />
      ${!phone && page.size.value !== "narrow" && html`<${Mode} />`}
      ${
        page.isFramed &&
        !phone &&
        html`<${IconButton} icon="open" name=${t("act.open_window")} onPress=${() => actions.openWindow()} />`
      }
    </div>
  </header>`;
}

/** @param {{phone: boolean}} props */
function Title({ phone }) {
  const { state, store, page } = useRoom();
  const { title, course, access } = state.room;
  const place = placeKey(state, { online: store.online.value, gettingReady: page.gettingReady.value });
  return html`<div class="topbar-words">
    <h1><bdi>${title}</bdi></h1>
    <p id=${phone ? "place" : undefined} tabindex=${phone ? "-1" : undefined}>${phone ? `${t(place)} · ${t(`mode.${access}`)}` : html`<bdi>${course}</bdi>`}</p>
  </div>`;
}

/** How long the session runs. @param {{phone: boolean}} props */
function LiveClock({ phone }) {
  const { state } = useRoom();
  useEffect(keepTime, []);
  const { session } = state.room;
  if (!session) return null;
  const seconds = serverTime(state, now.value) - session.started_at;
  return html`<span class="pill live">
    <span class="dot" aria-hidden="true"></span>
    <span>${!phone && t("room.live", { time: "" })} <${Elapsed} seconds=${seconds} /></span>
  </span>`;
}

/** Staff choose the mode here; everybody else reads it. */
function Mode() {
  const { state } = useRoom();
  if (isStaff(state)) return html`<${ModeMenu} />`;
  return html`<span class="pill mode">${t(`mode.${state.room.access}`)}</span>`;
}

/** Browsers play no sound before a click in the page. */
function HearButton() {
  const { page, state } = useRoom();
  if (!page.soundBlocked.value || liveElsewhere(state)) return null;
  return html`<button type="button" class="button primary small hear" onClick=${() => {
    page.soundBlocked.value = false;
  }}>
    ${t("act.hear")}
  </button>`;
}
