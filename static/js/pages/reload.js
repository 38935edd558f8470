// "Try again" on an error page. A reload keeps the address with its fragment and the page's state; a link would not.

for (const button of document.querySelectorAll("button[data-reload]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => location.reload());
}
