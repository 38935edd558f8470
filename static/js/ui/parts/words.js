import { html } from "../../../vendor/ui.js";
import { parts } from "../../i18n/t.js";

/**
 * A sentence of the catalogue. Names stand in an element of their own, so that a name written from
 * right to left does not turn the sentence round; `strong` also makes them stand out.
 *
 * @param {{say: string, args?: Record<string, string | number>, strong?: boolean}} props
 */
export function Words({ say, args = {}, strong = false }) {
  const name = (/** @type {string} */ text) =>
    strong ? html`<b><bdi>${text}</bdi></b>` : html`<bdi>${text}</bdi>`;
  const entries = Object.entries(args).map(([key, value]) => [
    key,
    typeof value === "string" ? name(value) : value,
  ]);
  return html`${parts(say, Object.fromEntries(entries))}`;
}
