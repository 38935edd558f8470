// The smallest room page: the real hand-off, and nothing of a room behind it.
import { Handoff } from "./wire/handoff.js";

const app = document.getElementById("app");
const handoff = new Handoff();

const tell = (what) => navigator.sendBeacon("/test/told", `${handoff.current().connection} ${what}`);
const announce = (hash) =>
  fetch("/test/announce", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket: handoff.current().ticket, hash }),
  });

addEventListener("securitypolicyviolation", (event) => {
  app.dataset.violation = event.effectiveDirective;
});
handoff.addEventListener("hide", () => tell("hide"));
handoff.addEventListener("show", () => tell("show"));

const button = document.createElement("button");
button.textContent = "Open in a new window";
button.addEventListener("click", () => handoff.openWindow(announce));

const link = document.createElement("a");
link.textContent = "a real link";
link.href = location.pathname;
link.target = "_blank";
link.rel = "noopener";
link.addEventListener("click", () => {
  link.href = handoff.windowAddress(announce).address;
});

try {
  const boot = await handoff.start();
  app.dataset.who = boot.participant.name;
  app.dataset.page = boot.page;
  app.dataset.connection = boot.connection;
  tell(`here ${boot.participant.name}`);
  app.append(`${boot.participant.name} `, button, " ", link);
} catch (error) {
  app.dataset.failed = error.code ?? String(error);
}
window.handoff = handoff;
