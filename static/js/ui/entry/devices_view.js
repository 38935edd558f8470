import { html, useEffect, useRef } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { hasDirectAccess } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Button } from "../parts/button.js";
import { Mark } from "../parts/mark.js";
import { Fields } from "./fields.js";
import { Preview } from "./preview.js";
import { Trouble } from "./trouble.js";

/** "Set devices": before a person enters. Nothing of theirs is live here. */
export function DevicesView() {
  const { state, devices, page } = useRoom();
  /** @type {{current: HTMLHeadingElement | null}} */
  const title = useRef(null);
  useEffect(() => {
    title.current?.focus();
    devices.open();
  }, []);
  const { title: room, course } = state.room;
  return html`<main class="entry">
    <${Rings} />
    <section class="entry-card" aria-labelledby="entry-title">
      <header class="dialog-head">
        <${Mark} />
        <div class="dialog-words">
          <h1 id="entry-title" ref=${title} tabindex="-1">${t("devices.title")}</h1>
          <p><bdi>${course ? t("devices.where", { room, course }) : room}</bdi></p>
        </div>
      </header>
      <div class="entry-body">
        <${Trouble} />
        <div class="entry-columns">
          <${Preview} />
          <${Fields} />
        </div>
      </div>
      <footer class="dialog-foot">
        <p>${t(footerKey(state, page.isPhone))}</p>
        <${Entrances} />
      </footer>
    </section>
  </main>`;
}

/** @param {import("../../state/types").RoomState} state @param {boolean} phone */
function footerKey(state, phone) {
  if (state.me.place === "on_stage") return "devices.footer.on_stage";
  if (phone) return "devices.footer.phone";
  if (hasDirectAccess(state)) return "devices.footer.viewer";
  return state.room.access === "invite" ? "devices.footer.invite" : "devices.footer.request";
}

/** Joining the stage at once is for those with direct access; phones enter as viewers. Who is on stage stays there. */
function Entrances() {
  const { state, actions, page } = useRoom();
  if (state.me.place === "on_stage") {
    return html`
      <${Button} label=${t("devices.join_viewer")} onPress=${() => actions.enterAsViewer()} />
      <${Button} look="primary" label=${t("devices.join_stage")} onPress=${() => actions.enterAndJoin()} />
    `;
  }
  const direct = hasDirectAccess(state) && !page.isPhone;
  return html`
    ${direct && html`<${Button} label=${t("devices.join_stage")} onPress=${() => actions.enterAndJoin()} />`}
    <${Button} look="primary" label=${t("devices.join_viewer")} onPress=${() => actions.enterAsViewer()} />
  `;
}

/** The seats of the hall, far away. */
export function Rings() {
  return html`<svg class="rings" viewBox="0 0 900 650" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
    ${[150, 225, 310, 400, 500, 610].map((radius) => html`<circle cx="450" cy="650" r=${radius} />`)}
  </svg>`;
}
