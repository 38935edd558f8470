import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { sharer } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Picture } from "../entry/preview.js";
import { at } from "./stage.js";

/** A shared screen, whole and with nothing on it. @param {{box: import("../../state/grid.js").Box}} props */
export function Share({ box }) {
  const { state, live } = useRoom();
  const person = sharer(state);
  if (!person) return null;
  const received = live.of(person.id, "screen");
  const name = t("stage.shared", { name: person.name });
  return html`<figure class="share" style=${at(box)} aria-label=${name}>
    ${received ? html`<${Picture} track=${received.track} name=${name} />` : html`<span class="spinner" role="img" aria-label=${t("tile.connecting")}></span>`}
  </figure>`;
}
