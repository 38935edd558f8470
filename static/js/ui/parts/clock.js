import { effect, html, signal } from "../../../vendor/ui.js";
import { duration } from "../../i18n/t.js";

/** Own clock in milliseconds, told once a second while somebody looks at it. */
export const now = signal(Date.now());

let watchers = 0;
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** Keep `now` going until the answer is called. */
export function keepTime() {
  watchers += 1;
  now.value = Date.now();
  timer ??= setInterval(() => {
    now.value = Date.now();
  }, 1000);
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Run something whenever a second has gone by. @param {(now: number) => void} run */
export function everySecond(run) {
  const stop = keepTime();
  const dispose = effect(() => run(now.value));
  return () => {
    stop();
    dispose();
  };
}

/** A running length of time; digits run left to right in every language. @param {{seconds: number}} props */
export function Elapsed({ seconds }) {
  return html`<span class="clock">${duration(seconds)}</span>`;
}
