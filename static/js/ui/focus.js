/**
 * A control that vanishes under the keyboard (a request that was answered elsewhere) must not throw the
 * person back to the start of the page: the place sentence takes the focus.
 *
 * @param {HTMLElement} root
 * @returns {() => void} stop
 */
export function keepFocus(root) {
  /** @type {Element | null} */
  let last = null;
  const note = (/** @type {FocusEvent} */ event) => {
    last = /** @type {Element} */ (event.target);
  };
  const look = () => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    document.getElementById("place")?.focus();
  };
  const observer = new MutationObserver(look);
  root.addEventListener("focusin", note);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener("focusin", note);
    observer.disconnect();
  };
}
