/** Show "Open in a new window" in place of "Opening the room…". */
export function offerWindow() {
  document.querySelector("[data-waiting]")?.setAttribute("hidden", "");
  document.querySelector("[data-window]")?.removeAttribute("hidden");
}
