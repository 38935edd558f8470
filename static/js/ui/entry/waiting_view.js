import { html, useEffect, useRef } from "../../../vendor/ui.js";
import { duration, locale, t } from "../../i18n/t.js";
import { opensIn } from "../../state/select.js";
import { timeZone } from "../../time/local_time.js";
import { useRoom } from "../context.js";
import { keepTime, now } from "../parts/clock.js";
import { Icon } from "../parts/icon.js";
import { Mark } from "../parts/mark.js";
import { Rings } from "./devices_view.js";

const DAY = 86_400;

/** Before a scheduled room opens: what, when, how long yet. "Set devices" follows by itself. */
export function WaitingView() {
  const { state, page } = useRoom();
  /** @type {{current: HTMLHeadingElement | null}} */
  const heading = useRef(null);
  useEffect(keepTime, []);
  useEffect(() => heading.current?.focus(), []);
  const { title, course, schedule } = state.room;
  const seconds = opensIn(state, now.value);
  const returnUrl = page.returnUrl.value;
  return html`<main class="entry">
    <${Rings} />
    <section class="card waiting">
      <${Mark} />
      <h1 ref=${heading} tabindex="-1"><bdi>${title}</bdi></h1>
      ${course && html`<p><bdi>${course}</bdi></p>`}
      <p class="waiting-when">${when(schedule)}</p>
      <p class="waiting-left">
        ${t("waiting.opens")} ${" "}
        <b role="timer" aria-live="off">${seconds > DAY ? t("waiting.days", { n: Math.ceil(seconds / DAY) }) : duration(Math.ceil(seconds))}</b>
      </p>
      <p>${t("waiting.stay")}</p>
      ${
        returnUrl &&
        html`<div class="card-buttons">
          <a class="button" href=${returnUrl} rel="noreferrer" target="_top">
            <${Icon} name="back" /><span>${t("act.back_to_course")}</span>
          </a>
        </div>`
      }
    </section>
  </main>`;
}

/** Start and end in the reader's own time zone, which is named. @param {import("../../wire/types").Schedule} schedule */
function when({ start, end }) {
  if (start === null) return "";
  const format = new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short" });
  const said = end === null ? format.format(start * 1000) : format.formatRange(start * 1000, end * 1000);
  return `${said} (${timeZone()})`;
}
