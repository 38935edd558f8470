import { html, useEffect } from "../../../vendor/ui.js";
import { countdown, t } from "../../i18n/t.js";
import { serverTime } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Fields } from "../entry/fields.js";
import { Preview } from "../entry/preview.js";
import { Trouble } from "../entry/trouble.js";
import { Button } from "../parts/button.js";
import { keepTime, now } from "../parts/clock.js";
import { Dialog } from "../parts/dialog.js";
import { Mark } from "../parts/mark.js";
import { Words } from "../parts/words.js";

/** "Get ready to join the stage": devices first, live only by the person's own press. */
export function ReadyDialog() {
  const { state, page, actions, devices } = useRoom();
  useEffect(() => {
    devices.open();
  }, []);
  const back = () => {
    page.dialog.value = null;
    devices.close();
  };
  useEffect(() => {
    if (state.me.place === "viewer" && page.dialog.value === "ready" && wasInvited(page)) back();
  }, [state.me.place]);
  return html`<${Dialog} title=${t("ready.title")} head=${html`<${Mark} />`} under=${html`<${Kept} />`} onClose=${back}>
    <div class="dialog-body">
      <${Trouble} />
      <div class="entry-columns">
        <${Preview} />
        <${Fields} />
      </div>
    </div>
    <div class="dialog-foot">
      <${Foot} />
      <${Button} look="quiet" label=${t("button.back")} onPress=${back} />
      <${Button} look="primary" label=${t("act.join")} onPress=${() => actions.goLive()} />
    </div>
  </${Dialog}>`;
}

/** What the press will do, or why it did not. */
function Foot() {
  const refused = useRoom().page.refused.value;
  const words = refused ? html`<${Words} say=${refused.key} args=${refused.args} />` : t("ready.live_after");
  return html`<p class=${refused ? "refused" : ""} role="status">${words}</p>`;
}

/** Whether the dialog was opened for an invitation, which may be taken back meanwhile. @param {import("../page.js").Page} page */
function wasInvited(page) {
  return page.readyFor.value === "invitation";
}

/** Who keeps the place, and for how long. */
function Kept() {
  const { state } = useRoom();
  useEffect(keepTime, []);
  const { invitation } = state.me;
  if (!invitation) return null;
  const time = countdown(invitation.until - serverTime(state, now.value));
  return html`<p class="kept"><${Words} say="ready.keeps" args=${{ name: invitation.by_name, time }} /></p>`;
}
