import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useApp } from "../context.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icon.js";

/** Why there is no picture or sound, and what helps. */
export function Trouble() {
  const { devices, actions } = useApp();
  const reason = devices.trouble.value;
  const again = html`<${Button} look="small" label=${t("button.try_again")} onPress=${() => devices.open()} />`;
  const open = html`<${Button} look="small" icon="open" label=${t("act.open_window")} onPress=${() => actions.openWindow()} />`;
  return html`<div class="trouble-place" role="status">
    ${
      reason &&
      html`<div class="trouble">
        <${Icon} name="info" />
        <p>${t(`trouble.${reason}`)}</p>
        ${reason === "framed" ? open : again}
      </div>`
    }
  </div>`;
}
