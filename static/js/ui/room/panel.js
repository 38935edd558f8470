import { html, useEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { IconButton } from "../parts/button.js";
import { People } from "../people/people.js";
import { Chat } from "./chat.js";

const TITLES = Object.freeze({ chat: "chat.title", participants: "people.title" });
const DRAG_CLOSES = 120;

/** Chat or Participants: beside the stage, over its end, or a sheet, as there is room. */
export function Panel() {
  const { page } = useRoom();
  const panel = page.panel.value;
  if (!panel) return null;
  return html`<${Open} key=${panel} panel=${panel} />`;
}

/** @param {{panel: import("../page.js").Panel}} props */
function Open({ panel }) {
  const { page } = useRoom();
  const tall = useSignal(false);
  const title = t(TITLES[panel]);
  /** @type {{current: HTMLElement | null}} */
  const aside = useRef(null);
  const close = () => page.show(null);
  useEffect(() => closeByEscape(aside.current, close), []);
  return html`<aside ref=${aside} class=${tall.value ? "panel tall" : "panel"} aria-label=${title} data-region tabindex="-1">
    <${Grip} tall=${tall} onClose=${close} />
    <header class="panel-head">
      <h2>${title}</h2>
      <${IconButton} icon="close" name=${t("button.close")} onPress=${close} />
    </header>
    ${panel === "chat" ? html`<${Chat} />` : html`<${People} />`}
  </aside>`;
}

/** @param {HTMLElement | null} element @param {() => void} close */
function closeByEscape(element, close) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    close();
  };
  element?.addEventListener("keydown", onKey);
  return () => element?.removeEventListener("keydown", onKey);
}

/** A sheet is drawn up and down by hand too; nothing needs it. @param {{tall: import("../../../vendor/ui.js").Signal<boolean>, onClose: () => void}} props */
function Grip({ tall, onClose }) {
  const from = useRef(0);
  const start = (/** @type {PointerEvent} */ event) => {
    from.current = event.clientY;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
  };
  const end = (/** @type {PointerEvent} */ event) => {
    const moved = event.clientY - from.current;
    if (moved > DRAG_CLOSES) onClose();
    else if (moved !== 0) tall.value = moved < 0;
  };
  return html`<div class="grip" onPointerDown=${start} onPointerUp=${end} aria-hidden="true"></div>`;
}
