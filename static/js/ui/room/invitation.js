import { html, useEffect, useRef } from "../../../vendor/ui.js";
import { countdown, t } from "../../i18n/t.js";
import { serverTime } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Button } from "../parts/button.js";
import { keepTime, now } from "../parts/clock.js";
import { Words } from "../parts/words.js";

const LAST_SECONDS = 20;
const ONE_MINUTE = 60;
const ROUND = 2 * Math.PI * 17;

/** The stage invitation: never modal, never over the stage. */
export function Invitation() {
  const { state, page } = useRoom();
  const { invitation } = state.me;
  if (!invitation || page.gettingReady.value) return null;
  return html`<${Open} invitation=${invitation} />`;
}

/** @param {{invitation: import("../../wire/types").OwnInvitation}} props */
function Open({ invitation }) {
  const { state, store, actions } = useRoom();
  useEffect(keepTime, []);
  /** The whole time of this invitation, for the ring. */
  const whole = useRef(0);
  const left = Math.max(0, invitation.until - serverTime(state, now.value));
  whole.current = Math.max(whole.current, left, 1);
  const last = left <= LAST_SECONDS;
  useEffect(() => sayOnce(store, Math.ceil(left)), [Math.ceil(left)]);
  return html`<section class=${last ? "invitation last" : "invitation"} aria-label=${t("invitation.name")}>
    <${Ring} share=${left / whole.current} left=${left} />
    <div class="invitation-words">
      <h2><${Words} say="invited.self" args=${{ name: invitation.by_name }} /></h2>
      <p>${last ? t("invited.last", { n: Math.ceil(left) }) : t("invited.detail")}</p>
    </div>
    <div class="invitation-buttons">
      <${Button} label=${t("act.reject")} onPress=${() => actions.act(Act.REJECT)} />
      ${last && html`<${Button} look="soft" label=${t("act.more_time")} onPress=${() => actions.act(Act.MORE_TIME)} />`}
      <${Button} look="primary" label=${t("act.accept")} onPress=${() => actions.getReady()} />
    </div>
  </section>`;
}

/** The countdown is spoken twice only. @param {import("../../state/store.js").Store} store @param {number} left */
function sayOnce(store, left) {
  if (left === ONE_MINUTE) store.tell({ as: "none", key: "invited.minute", speak: "polite" });
  if (left === LAST_SECONDS)
    store.tell({ as: "none", key: "invited.last", args: { n: left }, speak: "polite" });
}

/** @param {{share: number, left: number}} props */
function Ring({ share, left }) {
  return html`<div class="ring">
    <svg viewBox="0 0 40 40" aria-hidden="true">
      <circle class="ring-ground" cx="20" cy="20" r="17" />
      <circle class="ring-left" cx="20" cy="20" r="17" stroke-dasharray=${`${ROUND * share} ${ROUND}`} />
    </svg>
    <span class="clock">${countdown(left)}</span>
  </div>`;
}
