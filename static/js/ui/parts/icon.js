import { html } from "../../../vendor/ui.js";

const SPRITE = new URL("../../../vendor/icons.svg", import.meta.url).href;
const MIRRORS = new Set(["send", "door", "back", "open"]);

/** One drawing of the sprite; the words beside it, or the button's name, say what it means. @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class=${MIRRORS.has(name) ? "icon mirrors" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
    <use href=${`${SPRITE}#${name}`} />
  </svg>`;
}
