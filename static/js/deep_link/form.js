/**
 * "Add a room to your course": what the browser alone knows. It turns local times into moments, shows only
 * what belongs to the choice, and paints what will appear in the course. The server checks everything.
 */
import { fromLocal, timeZone, toLocal } from "../time/local_time.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const MOMENTS = Object.freeze(/** @type {const} */ (["start", "end"]));
const locale = document.documentElement.lang;
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** @param {string} name */
const input = (name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));

/** @param {string} name */
const chosen = (name) => {
  const found = form.querySelector(`input[name="${name}"]:checked, input[type="hidden"][name="${name}"]`);
  return found instanceof HTMLInputElement ? found : null;
};

function keepMoments() {
  for (const name of MOMENTS) {
    const local = input(name);
    const moment = input(`${name}_at`);
    if (!local || !moment) continue;
    moment.value = String(fromLocal(local.value) ?? "");
  }
}

function showMoments() {
  for (const name of MOMENTS) {
    const local = input(name);
    const moment = input(`${name}_at`);
    if (local && moment?.value) local.value = toLocal(Number(moment.value));
  }
  for (const time of document.querySelectorAll("time[data-moment]")) {
    if (time instanceof HTMLElement) time.textContent = whole.format(Number(time.dataset.moment) * 1000);
  }
  const zone = document.querySelector("[data-zone]");
  const name = zone?.querySelector("[data-zone-name]");
  if (!zone || !name) return;
  name.textContent = timeZone();
  zone.removeAttribute("hidden");
}

function paint() {
  const again = chosen("which")?.value === "again";
  for (const part of document.querySelectorAll("[data-part]")) {
    if (part instanceof HTMLElement) part.hidden = (part.dataset.part === "again") !== again;
  }
  const graded = input("graded")?.checked ?? false;
  const points = document.querySelector("[data-points]");
  if (points instanceof HTMLElement) points.hidden = !graded;
  const title = document.querySelector('[data-preview="title"] bdi');
  if (title) title.textContent = (again ? chosen("room")?.dataset.title : input("title")?.value) || "…";
  const facts = document.querySelector('[data-preview="facts"]');
  if (facts) facts.textContent = again ? "" : said(graded).join(" · ");
}

/** @param {boolean} graded */
function said(graded) {
  const words = document.querySelector("[data-words]");
  const start = Number(input("start_at")?.value || 0);
  const points = input("points")?.value.trim();
  const template = words instanceof HTMLElement ? (words.dataset.upTo ?? "") : "";
  return [
    ...(start ? [whole.format(start * 1000)] : []),
    ...(graded && points ? [template.replace("{points}", points)] : []),
  ];
}

showMoments();
paint();
form.addEventListener("input", () => {
  keepMoments();
  paint();
});
form.querySelector("[data-clear]")?.addEventListener("click", () => {
  for (const name of MOMENTS) {
    const local = input(name);
    if (local) local.value = "";
  }
  keepMoments();
  paint();
  input("start")?.focus();
});
let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
  keepMoments();
});
// A page that comes back from the browser's memory may be sent again; the server knows whether it was.
window.addEventListener("pageshow", () => {
  sent = false;
});
const summary = document.querySelector(".summary");
if (summary instanceof HTMLElement) {
  const first = form.querySelector('[aria-invalid="true"]');
  (first instanceof HTMLInputElement ? first : summary).focus();
}
