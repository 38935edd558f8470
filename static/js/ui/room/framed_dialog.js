import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Hall } from "../parts/mark.js";

/** The course page withholds camera and microphone: in a window of its own everything works. */
export function FramedDialog() {
  const { page, actions } = useRoom();
  const stay = () => {
    page.dialog.value = null;
  };
  return html`<${Dialog} title=${t("framed.title")} look="narrow framed" head=${html`<${Hall} />`} onClose=${stay}>
    <div class="dialog-body"><p>${t("framed.detail")}</p></div>
    <div class="dialog-foot">
      <${Button} label=${t("act.stay_viewer")} onPress=${stay} />
      <${Button} look="primary" icon="open" label=${t("act.open_window")} onPress=${() => actions.openWindow()} />
    </div>
  </${Dialog}>`;
}
