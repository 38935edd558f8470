import { html, useId, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useApp } from "../context.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { Meter } from "./meter.js";
import { playTestSound } from "./test_sound.js";

/**
 * @typedef {import("../../media/devices.js").AnyKind} AnyKind
 */

const ICONS = Object.freeze({ camera: "camera", microphone: "microphone", speaker: "sound" });

/** Camera, microphone and speaker. The speaker is left out where the browser lists none. */
export function Fields() {
  const { devices } = useApp();
  const heard = useSignal(false);
  const test = () => {
    playTestSound(devices.chosen.value.speaker);
    heard.value = true;
  };
  const speakers = devices.lists.value.speaker.length > 0;
  return html`<div class="fields">
    <${Field} kind="camera" />
    <${Field} kind="microphone"><${Meter} /></${Field}>
    ${
      speakers &&
      html`<${Field} kind="speaker" beside=${html`<${Button} label=${t("devices.test")} onPress=${test} />`}>
        <p class="field-words" role="status">${heard.value && t("devices.heard")}</p>
      </${Field}>`
    }
    <p class="field-words" role="status">${devices.saved.value && t("devices.saved")}</p>
  </div>`;
}

/** @param {{kind: AnyKind, beside?: unknown, children?: unknown}} props */
function Field({ kind, beside, children }) {
  const { devices } = useApp();
  const id = useId();
  const list = devices.lists.value[kind];
  const empty = kind === "speaker" ? "devices.default_speaker" : `devices.none_${kind}`;
  const choose = (/** @type {Event} */ event) =>
    devices.choose(kind, /** @type {HTMLSelectElement} */ (event.currentTarget).value);
  const chosen = devices.chosen.value[kind];
  const known = list.some((one) => one.id === chosen);
  return html`<div class="field">
    <label for=${id}>${t(`devices.${kind}`)}</label>
    <div class="field-row">
      <div class="select">
        <${Icon} name=${ICONS[kind]} />
        <select id=${id} value=${known ? chosen : ""} onChange=${choose}>
          ${!known && html`<option value="">${t(empty)}</option>`}
          ${list.map((one, at) => html`<option key=${one.id} value=${one.id}>${one.label || unnamed(kind, at)}</option>`)}
        </select>
        <${Icon} name="chevron" />
      </div>
      ${beside}
    </div>
    ${children}
  </div>`;
}

/** @param {AnyKind} kind @param {number} at */
function unnamed(kind, at) {
  return t("devices.unnamed", { kind: t(`devices.${kind}`), n: at + 1 });
}
