import { html } from "../../../vendor/ui.js";
import { Icon } from "./icon.js";

/**
 * A button with a word, and an icon where it helps.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {() => void} props.onPress
 * @param {string} [props.look]  `primary`, `quiet`, `soft`, `danger`, with `small`
 * @param {string} [props.icon]
 * @param {string} [props.name]  the accessible name, where it says more than the label; begins with it
 * @param {string | null} [props.unavailable]  why it cannot be pressed just now; told on press
 * @param {(reason: string) => void} [props.onUnavailable]
 * @param {boolean} [props.first]  takes the focus when its dialog opens
 */
export function Button({ label, onPress, look = "", icon, name, unavailable, onUnavailable, first }) {
  return html`<button
    type="button"
    class=${`button ${look}`}
    aria-label=${name}
    aria-disabled=${unavailable ? "true" : undefined}
    title=${unavailable ?? undefined}
    data-first=${first}
    onClick=${() => (unavailable ? onUnavailable?.(unavailable) : onPress())}
  >
    ${icon && html`<${Icon} name=${icon} />`}<span>${label}</span>
  </button>`;
}

/**
 * An icon alone, only where everybody knows it.
 *
 * @param {object} props
 * @param {string} props.icon
 * @param {string} props.name
 * @param {(event: MouseEvent) => void} props.onPress
 * @param {string} [props.look]
 * @param {boolean} [props.expanded]  for a button that opens a menu
 * @param {"menu" | "dialog"} [props.opens]
 */
export function IconButton({ icon, name, onPress, look = "", expanded, opens }) {
  return html`<button
    type="button"
    class=${`icon-button ${look}`}
    aria-label=${name}
    title=${name}
    aria-haspopup=${opens}
    aria-expanded=${expanded === undefined ? undefined : String(expanded)}
    onClick=${onPress}
  >
    <${Icon} name=${icon} />
  </button>`;
}
