import { html, useEffect, useRef } from "../../vendor/ui.js";
import { clockTime, t } from "../i18n/t.js";
import { useApp } from "./context.js";
import { Rings } from "./entry/devices_view.js";
import { Button } from "./parts/button.js";
import { keepTime, now } from "./parts/clock.js";
import { Icon } from "./parts/icon.js";
import { Hall, Mark } from "./parts/mark.js";
import { Place } from "./room/place.js";
import { TopBar } from "./room/topbar.js";

const BLOCKED_AFTER = 5000;

/** What a page says that is no longer in the room: by the code of the goodbye or of the refusal. @type {Readonly<Record<string, [string, string | null, boolean]>>} */
const SENTENCES = Object.freeze({
  left: ["left.title", "left.detail", false],
  session_ended: ["ended.title", null, true],
  removed: ["removed_room.title", "removed_room.detail", false],
  replaced: ["replaced.title", "replaced.detail", true],
  room_full: ["full.title", "full.detail", true],
  network: ["unavailable.title", "unavailable.detail", true],
  store_unavailable: ["unavailable.title", "unavailable.detail", true],
});
/** @type {[string, string | null, boolean]} */
const OPEN_AGAIN = ["again.title", "again.detail", false];
const QUIET = new Set(["left", "session_ended", "removed", "replaced"]);

/** The page after "Leave", after the end, or where it could not come in. */
export function EndCard() {
  const { page } = useApp();
  const failure = page.failure.value;
  const code = page.view.value === "left" && !failure ? "left" : (failure?.code ?? "");
  const [title, detail, mayReload] = SENTENCES[code] ?? OPEN_AGAIN;
  const returnUrl = page.returnUrl.value;
  /** @type {{current: HTMLHeadingElement | null}} */
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  const again = code === "session_ended" ? "act.enter_again" : "act.reload";
  return html`<main class="entry">
    <${Rings} />
    <section class="card">
      <${Mark} />
      <h1 ref=${heading} tabindex="-1">${t(title)}</h1>
      ${detail && html`<p>${t(detail)}</p>`}
      <div class="card-buttons">
        ${
          returnUrl &&
          html`<a class="button primary" href=${returnUrl} rel="noreferrer" target="_top">
            <${Icon} name="back" /><span>${t("act.back_to_course")}</span>
          </a>`
        }
        ${mayReload && html`<${Button} look=${returnUrl ? "" : "primary"} label=${t(again)} onPress=${() => location.reload()} />`}
      </div>
      ${failure && !QUIET.has(code) && html`<${Details} failure=${failure} />`}
    </section>
  </main>`;
}

/** @param {{failure: import("../wire/types").Failure}} props */
function Details({ failure }) {
  return html`<dl class="card-lines">
      <div><dt>${t("error.code")}</dt><dd><code>${failure.code}</code></dd></div>
      <div><dt>${t("error.time")}</dt><dd>${clockTime(Date.now() / 1000)}</dd></div>
    </dl>
    <p class="card-support">${t("error.support")}</p>`;
}

/** "Your room is open in another window". This page plays nothing and sends nothing. */
export function WindowCard() {
  const { page, store, actions } = useApp();
  useEffect(keepTime, []);
  /** @type {{current: HTMLHeadingElement | null}} */
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  const openedAt = page.windowOpenedAt.value;
  const live = store.room.value?.live;
  const confirmed = live?.kind === "window" || !!live?.window;
  const blocked = openedAt !== null && !confirmed && now.value - openedAt > BLOCKED_AFTER;
  const link = (/** @type {MouseEvent} */ event) => {
    /** @type {HTMLAnchorElement} */ (event.currentTarget).href = actions.windowAddress();
  };
  return html`<div class="window-view">
    <${TopBar} />
    <main class="empty">
      <${Hall} />
      <h2 ref=${heading} tabindex="-1">${t(confirmed ? "window.title" : "window.opening")}</h2>
      <p>${t(confirmed ? "window.detail" : "window.opening_detail")}</p>
      ${
        blocked &&
        html`<p class="window-blocked" role="status">
          ${t("window.blocked")} ${" "}
          <a href=${location.pathname} target="_blank" rel="noopener noreferrer" onClick=${link}>${t("act.open_window")}</a>
        </p>`
      }
      <div class="card-buttons">
        ${confirmed && html`<${Button} look="primary" label=${t("act.go_to_window")} onPress=${() => actions.openWindow()} />`}
        <${Button} label=${t("act.use_page")} onPress=${() => actions.useThisPage()} />
      </div>
    </main>
    <footer class="toolbar-row"><${Place} say="place.other_window" /></footer>
  </div>`;
}
