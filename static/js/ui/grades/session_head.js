import { html, useId, useSignal } from "../../../vendor/ui.js";
import { clockTime, t } from "../../i18n/t.js";
import { Button } from "../parts/button.js";
import { STATUSES } from "./table.js";

const DAY = 86_400;

/** What counts of a session and who was there. @param {{ledger: import("./ledger.js").Ledger, book: import("./types").Book, session: import("./types").Session}} props */
export function SessionHead({ ledger, book, session }) {
  const changing = useSignal(false);
  const { lesson, counts, until } = session;
  const said = STATUSES.filter((one) => session.summary[one] > 0 || one === "present").map((one) =>
    t(`grades.summary.${one}`, { n: session.summary[one] }),
  );
  const count = (/** @type {Event} */ event) =>
    ledger.choose(
      session.id,
      /** @type {HTMLInputElement} */ (event.currentTarget).checked,
      session.lesson_chosen ? lesson : null,
    );
  const span = { from: clockTime(lesson.start), until: clockTime(lesson.until) };
  return html`<section class="grades-session">
    <p class="grades-summary" role="status">${said.join(t("list.separator"))}</p>
    <p class="grades-span">
      <span>${t(until === null ? "grades.span_running" : "grades.span", span)}</span>
      ${
        book.may_send &&
        until !== null &&
        html`<${Button}
          look="quiet small"
          label=${t("grades.change_times")}
          onPress=${() => {
            changing.value = !changing.value;
          }}
        />`
      }
    </p>
    ${
      changing.value &&
      html`<${Times} ledger=${ledger} session=${session} done=${() => {
        changing.value = false;
      }} />`
    }
    ${
      until !== null &&
      html`<label class="toggle">
        <span>${t("grades.counts")}</span>
        <input type="checkbox" role="switch" checked=${counts} disabled=${!book.may_send} onChange=${count} />
      </label>`
    }
  </section>`;
}

/** From when to when the lesson was. @param {{ledger: import("./ledger.js").Ledger, session: import("./types").Session, done: () => void}} props */
function Times({ ledger, session, done }) {
  const from = useSignal(fieldTime(session.lesson.start));
  const until = useSignal(fieldTime(session.lesson.until));
  const counts = session.counts_chosen ? session.counts : null;
  const save = async () => {
    const start = at(session.start, from.value, session.lesson.start);
    const end = at(start, until.value, session.lesson.until);
    if (await ledger.choose(session.id, counts, { start, until: end <= start ? end + DAY : end })) done();
  };
  const back = async () => {
    if (await ledger.choose(session.id, counts, null)) done();
  };
  return html`<div class="grades-times">
    <${TimeField} label=${t("grades.from")} value=${from} />
    <${TimeField} label=${t("grades.until")} value=${until} />
    <${Button} look="small soft" label=${t("grades.save_times")} onPress=${save} />
    ${session.lesson_chosen && html`<${Button} look="small" label=${t("grades.automatic_times")} onPress=${back} />`}
  </div>`;
}

/** @param {{label: string, value: import("../../../vendor/ui.js").Signal<string>}} props */
function TimeField({ label, value }) {
  const id = useId();
  return html`<div class="grades-field">
    <label for=${id}>${label}</label>
    <input id=${id} type="time" value=${value.value} onInput=${(/** @type {Event} */ event) => {
      value.value = /** @type {HTMLInputElement} */ (event.currentTarget).value;
    }} />
  </div>`;
}

/** @param {number} seconds */
function fieldTime(seconds) {
  const day = new Date(seconds * 1000);
  return [day.getHours(), day.getMinutes()].map((one) => String(one).padStart(2, "0")).join(":");
}

/** The moment of a time of day near another; one that was not changed keeps its seconds. @param {number} near @param {string} time @param {number} before */
function at(near, time, before) {
  if (time === fieldTime(before)) return before;
  const day = new Date(near * 1000);
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  day.setHours(hours, minutes, 0, 0);
  return day.getTime() / 1000;
}
