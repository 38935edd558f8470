import { html, useEffect, useLayoutEffect, useRef } from "../../../vendor/ui.js";
import { Icon } from "./icon.js";

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string} label
 * @property {() => void} [run]
 * @property {string} [icon]
 * @property {string} [name]  accessible name, beginning with the label
 * @property {string} [detail]
 * @property {boolean} [destructive]
 * @property {boolean} [checked]  makes it a radio item
 *
 * @typedef {object} Props
 * @property {string} name
 * @property {Item[]} items
 * @property {HTMLElement} opener
 * @property {() => void} onClose
 * @property {string} [head]
 * @property {string} [foot]
 * @property {boolean} [sheet]  a phone shows menus as sheets
 */

const EDGE = 8;

/** A menu in the top layer, beside its opener and towards the stage. @param {Props} props */
export function Menu({ name, items, opener, onClose, head, foot, sheet }) {
  /** @type {import("../../../vendor/ui.js").Ref<HTMLDivElement> & {current: HTMLDivElement | null}} */
  const box = useRef(null);
  useLayoutEffect(() => {
    const menu = box.current;
    if (!menu) return;
    menu.showPopover();
    if (!sheet) place(menu, opener);
    focusable(menu)
      .find((item) => item.ariaChecked === "true")
      ?.focus();
    if (!menu.contains(document.activeElement)) focusable(menu)[0]?.focus();
  }, []);
  useEffect(() => closeOutside(box, opener, onClose), [opener]);
  const close = () => {
    onClose();
    if (opener.isConnected) opener.focus();
  };
  return html`<div
    ref=${box}
    popover="manual"
    class=${sheet ? "menu sheet" : "menu"}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, box.current, close)}
  >
    ${head && html`<p class="menu-head">${head}</p>`}
    <div role="menu" aria-label=${name}>
      ${items.flatMap((item, at) => [
        divided(items, at) && html`<hr key="line" />`,
        html`<${Row} key=${item.key} item=${item} close=${close} />`,
      ])}
    </div>
    ${foot && html`<p class="menu-foot">${foot}</p>`}
  </div>`;
}

/** @param {Item[]} items @param {number} at */
function divided(items, at) {
  return at > 0 && !!items[at]?.destructive && !items[at - 1]?.destructive;
}

/** @param {{item: Item, close: () => void}} props */
function Row({ item, close }) {
  const radio = item.checked !== undefined;
  return html`<button
    type="button"
    role=${radio ? "menuitemradio" : "menuitem"}
    aria-checked=${radio ? String(item.checked) : undefined}
    aria-label=${item.name}
    tabindex="-1"
    class=${item.destructive ? "menu-item destructive" : "menu-item"}
    onClick=${() => {
      close();
      item.run?.();
    }}
  >
    ${radio ? html`<span class="radio" aria-hidden="true"></span>` : item.icon && html`<${Icon} name=${item.icon} />`}
    <span class="menu-words"><span>${item.label}</span>${item.detail && html`<small>${item.detail}</small>`}</span>
  </button>`;
}

/** @param {HTMLElement} menu @returns {HTMLElement[]} */
function focusable(menu) {
  return [...menu.querySelectorAll("[role^=menuitem]")].filter((item) => item instanceof HTMLElement);
}

/**
 * Below the opener, or above it, whichever has room; from a panel, beside the panel and towards the stage.
 *
 * @param {HTMLElement} menu
 * @param {HTMLElement} opener
 */
function place(menu, opener) {
  const rtl = document.dir === "rtl";
  const from = opener.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const panel = opener.closest(".panel")?.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const height = document.documentElement.clientHeight;
  const below = from.bottom + EDGE + size.height <= height - EDGE;
  const beside = panel && (rtl ? panel.right + EDGE : panel.left - size.width - EDGE);
  const top = below ? from.bottom + 4 : from.top - size.height - 4;
  const towardsStart = rtl ? from.left : from.right - size.width;
  menu.style.setProperty("--menu-top", `${clamp(beside ? from.top : top, height - size.height)}px`);
  menu.style.setProperty("--menu-left", `${clamp(beside ?? towardsStart, width - size.width)}px`);
}

/** @param {number} at @param {number} most */
function clamp(at, most) {
  return Math.max(EDGE, Math.min(at, most - EDGE));
}

/** @param {{current: HTMLElement | null}} box @param {HTMLElement} opener @param {() => void} onClose */
function closeOutside(box, opener, onClose) {
  const outside = (/** @type {Event} */ event) => {
    const target = /** @type {Node} */ (event.target);
    if (!box.current?.contains(target) && !opener.contains(target)) onClose();
  };
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("blur", onClose);
  return () => {
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("blur", onClose);
  };
}

/** @param {KeyboardEvent} event @param {HTMLElement | null} menu @param {() => void} close */
function onKey(event, menu, close) {
  if (!menu) return;
  const items = focusable(menu);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items.at(to % items.length)?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key.length === 1 && event.key !== " ") startingWith(items, at, event.key)?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {HTMLElement[]} items @param {number} at @param {string} letter */
function startingWith(items, at, letter) {
  const turned = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return turned.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase()));
}
