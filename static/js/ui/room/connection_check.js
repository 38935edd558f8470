import { html, useState } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Button } from "../parts/button.js";

/** For staff: what this LMS lets the room do. The page opens here and leads back. */
export function ConnectionCheck() {
  const { api } = useRoom();
  const [failed, setFailed] = useState(false);
  const open = () => {
    setFailed(false);
    api.send("POST", "/api/check/ticket").then(
      ({ address }) => location.assign(address),
      () => setFailed(true),
    );
  };
  return html`<${Button} look="small" label=${t("settings.check")} onPress=${open} />
    ${failed && html`<p class="toggle-help" role="alert">${t("settings.check.failed")}</p>`}`;
}
