import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { sharer } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Picture } from "../entry/preview.js";
import { Icon } from "../parts/icon.js";
import { at } from "./stage.js";
import { useShown } from "./tile.js";

/** A shared screen, whole and with nothing on it. @param {{box: import("../../state/grid.js").Box}} props */
export function Share({ box }) {
  const { state, live, devices } = useRoom();
  const person = sharer(state);
  const mine = person?.id === state.me.id;
  const place = useShown(person?.id ?? "", "screen", !!person && !mine);
  if (!person) return null;
  const track = mine ? devices.screen.value : live.of(person.id, "screen")?.track;
  const name = t("stage.shared", { name: person.name });
  const paused = !mine && live.isPaused(person.id, "screen");
  return html`<figure ref=${place} class=${paused ? "share held" : "share"} style=${at(box)} aria-label=${name}>
    ${track ? html`<${Picture} track=${track} name=${name} />` : html`<span class="spinner" role="img" aria-label=${t("tile.connecting")}></span>`}
    ${paused && html`<p class="chip" role="status"><${Icon} name="signal" />${t("tile.paused")}</p>`}
  </figure>`;
}
