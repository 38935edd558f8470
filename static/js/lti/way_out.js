/** Show what to do instead of "Opening the room…": a new window, or which setting to change. */
export function showWayOut() {
  document.querySelector("[data-waiting]")?.setAttribute("hidden", "");
  document.querySelector("[data-way-out]")?.removeAttribute("hidden");
  document.body.dataset.error = "cookies_blocked";
}
