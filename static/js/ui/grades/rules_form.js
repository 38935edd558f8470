import { html, useId, useSignal } from "../../../vendor/ui.js";
import { number, t } from "../../i18n/t.js";
import { Button } from "../parts/button.js";

const SCORINGS = Object.freeze(/** @type {const} */ (["threshold", "proportional"]));

/** From when on somebody is late or absent, and how that makes points. @param {{ledger: import("./ledger.js").Ledger, book: import("./types").Book}} props */
export function RulesForm({ ledger, book }) {
  const { rules, may_send: may, points } = book;
  const draft = useSignal(rules);
  const set = (/** @type {Partial<import("./types").Rules>} */ change) => {
    draft.value = { ...draft.value, ...change };
  };
  const isChanged = JSON.stringify(draft.value) !== JSON.stringify(rules);
  const said = { percent: rules.present_percent, points: number(points) };
  return html`<details class="grades-rules">
    <summary>${t(`grades.rules.${rules.scoring}`, said)}</summary>
    <div class="grades-rule-fields">
      <${NumberField} label=${t("grades.rules.late")} value=${draft.value.late_minutes} most=${600} least=${0} may=${may} onChange=${(/** @type {number} */ n) => set({ late_minutes: n })} />
      <${NumberField} label=${t("grades.rules.early")} value=${draft.value.early_minutes} most=${600} least=${0} may=${may} onChange=${(/** @type {number} */ n) => set({ early_minutes: n })} />
      <${NumberField} label=${t("grades.rules.share")} value=${draft.value.present_percent} most=${100} least=${1} may=${may} onChange=${(/** @type {number} */ n) => set({ present_percent: n })} />
    </div>
    <fieldset class="choice" disabled=${!may}>
      <legend>${t("grades.rules.scoring")}</legend>
      ${SCORINGS.map(
        (one) => html`<label key=${one} class="grades-choice">
          <input type="radio" name="scoring" checked=${draft.value.scoring === one} onChange=${() => set({ scoring: one })} />
          <span>${t(`grades.scoring.${one}`)}</span>
        </label>`,
      )}
    </fieldset>
    ${
      may &&
      isChanged &&
      html`<${Button} look="small soft" label=${t("grades.rules.save")} onPress=${() => ledger.rule(draft.value)} />`
    }
  </details>`;
}

/** @param {{label: string, value: number, least: number, most: number, may: boolean, onChange: (n: number) => void}} props */
function NumberField({ label, value, least, most, may, onChange }) {
  const id = useId();
  const change = (/** @type {Event} */ event) => {
    const n = Math.round(Number(/** @type {HTMLInputElement} */ (event.currentTarget).value));
    if (Number.isFinite(n)) onChange(Math.min(most, Math.max(least, n)));
  };
  return html`<div class="grades-field">
    <label for=${id}>${label}</label>
    <input id=${id} type="number" inputmode="numeric" min=${least} max=${most} value=${value} disabled=${!may} onChange=${change} />
  </div>`;
}
