import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { placeKey } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Icon } from "../parts/icon.js";

/** @type {Readonly<Record<string, string>>} */
const ICONS = Object.freeze({
  "place.viewer": "eye",
  "place.requested": "clock",
  "place.invited": "bell",
  "place.getting_ready": "settings",
  "place.reconnecting": "offline",
  "place.other_tab": "copy",
  "place.other_window": "window",
});

/**
 * One sentence that always says where this person stands. Takes the focus when a control vanishes.
 *
 * @param {{say?: string}} props  where it is known without the room
 */
export function Place({ say }) {
  const { state, store, page } = useRoom();
  const key = say ?? placeKey(state, { online: store.online.value, gettingReady: page.gettingReady.value });
  const live = key === "place.on_stage";
  const short = live && page.size.value !== "wide";
  return html`<p class=${live ? "place live" : "place"} id="place" tabindex="-1">
    ${live ? html`<span class="dot" aria-hidden="true"></span>` : html`<${Icon} name=${ICONS[key] ?? "eye"} />`}
    <span class="only-wide">${t(key)}</span>
    <span class="only-narrow">${t(short ? `${key}.short` : key)}</span>
  </p>`;
}
