import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { IconButton } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";

const KEYS = Object.freeze([
  [["M"], "keys.microphone"],
  [["V"], "keys.camera"],
  [["H"], "keys.hand"],
  [["S"], "keys.stage"],
  [["C"], "keys.chat"],
  [["P"], "keys.participants"],
  [["R"], "keys.reactions"],
  [["F6"], "keys.regions"],
  [["?"], "keys.help"],
]);

/** Every key of the room. */
export function KeysDialog() {
  const { page } = useRoom();
  const { singleKeys, holdToTalk } = page.preferences.value;
  const close = () => {
    page.dialog.value = null;
  };
  const head = html`<${IconButton} icon="close" look="dialog-close" name=${t("button.close")} onPress=${close} />`;
  const rows = [
    ...KEYS,
    [[t("keys.esc")], "keys.escape"],
    ...(holdToTalk ? [[[t("keys.space")], "keys.talk"]] : []),
  ];
  return html`<${Dialog} title=${t("keys.title")} look="narrow" head=${head} onClose=${close}>
    <div class="dialog-body">
      ${!singleKeys && html`<p class="nothing">${t("keys.off")}</p>`}
      <dl class="keys">
        ${rows.map(([keys, say]) => html`<div key=${say}><dt><kbd>${keys}</kbd></dt><dd>${t(String(say))}</dd></div>`)}
      </dl>
    </div>
  </${Dialog}>`;
}
