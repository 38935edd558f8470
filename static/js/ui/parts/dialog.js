import { html, useEffect, useId, useRef } from "../../../vendor/ui.js";

/**
 * A native modal dialog: the browser keeps the focus in it and gives it back.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {() => void} props.onClose  Escape, and the page's own Back or Close
 * @param {unknown} props.children
 * @param {unknown} [props.head]  stands beside the title
 * @param {unknown} [props.under]  stands under the title
 * @param {string} [props.look]
 */
export function Dialog({ title, onClose, children, head, under, look = "" }) {
  const titleId = useId();
  /** @type {{current: HTMLDialogElement | null}} */
  const box = useRef(null);
  /** @type {{current: HTMLHeadingElement | null}} */
  const heading = useRef(null);
  useEffect(() => {
    const opener = document.activeElement;
    box.current?.showModal();
    heading.current?.focus();
    return () => {
      box.current?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return html`<dialog
    ref=${box}
    class=${`dialog ${look}`}
    aria-labelledby=${titleId}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
  >
    <div class="dialog-frame">
      <div class="dialog-head">
        ${head}
        <div class="dialog-words">
          <h1 id=${titleId} ref=${heading} tabindex="-1">${title}</h1>
          ${under}
        </div>
      </div>
      ${children}
    </div>
  </dialog>`;
}
