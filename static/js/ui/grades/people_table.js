import { html, useMemo, useSignal } from "../../../vendor/ui.js";
import { clockTime, dayTime, locale, number, t } from "../../i18n/t.js";
import { Avatar } from "../parts/avatar.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { called, minutes, STATUSES, sorted } from "./table.js";

/** @typedef {import("./types").Line} Line */
/** @typedef {{ledger: import("./ledger.js").Ledger, book: import("./types").Book, session: import("./types").Session | null}} Shown */

const FIRST = 200;
const SEARCH_FROM = 15;
const REASONS = new Set([
  "person_refused",
  "person_unknown",
  "scores_forbidden",
  "column_refused",
  "not_offered",
  "no_column",
  "registration_off",
  "platform_token",
  "service_unreachable",
  "rate_limited",
]);

/** Everybody of the class: time and status in one session or over all, points, and where the grade is. @param {Shown} props */
export function PeopleTable({ ledger, book, session }) {
  const search = useSignal("");
  const shown = useSignal(FIRST);
  const people = useMemo(() => sorted(book.people, locale()), [book]);
  const found = called(people, search.value);
  if (people.length === 0) return html`<p class="nothing">${t("grades.nobody")}</p>`;
  return html`
    ${people.length >= SEARCH_FROM && html`<${Search} value=${search} />`}
    <table class="grades-table">
      <caption class="only-spoken">${t("grades.title")}</caption>
      <thead><tr>
        <th scope="col">${t("grades.column.name")}</th>
        <th scope="col" class="number wide-only">${t(session ? "grades.column.time" : "grades.column.attended")}</th>
        ${session && html`<th scope="col">${t("grades.column.status")}</th>`}
        <th scope="col" class="number wide-only">${t("grades.column.points")}</th>
        <th scope="col" class="wide-only">${t("grades.column.grade")}</th>
      </tr></thead>
      <tbody>
        ${found.slice(0, shown.value).map((line) => html`<${Row} key=${line.id} line=${line} ledger=${ledger} book=${book} session=${session} />`)}
      </tbody>
    </table>
    ${found.length === 0 && html`<p class="nothing" role="status">${t("people.nobody_called", { name: search.value })}</p>`}
    ${
      found.length > shown.value &&
      html`<${Button} look="quiet small" label=${t("list.more")} onPress=${() => {
        shown.value += FIRST;
      }} />`
    }`;
}

/** @param {{value: import("../../../vendor/ui.js").Signal<string>}} props */
function Search({ value }) {
  return html`<div class="search grades-search">
    <${Icon} name="search" />
    <input type="search" aria-label=${t("people.find")} placeholder=${t("people.find")} value=${value.value}
      onInput=${(/** @type {Event} */ event) => {
        value.value = /** @type {HTMLInputElement} */ (event.currentTarget).value;
      }} />
  </div>`;
}

/** @param {Shown & {line: Line}} props */
function Row({ line, ledger, book, session }) {
  const { there } = line;
  const time = there ? t("grades.minutes", { n: minutes(there.seconds) }) : t("grades.of", line.attended);
  const points =
    line.points === null
      ? t("grades.no_points")
      : t("grades.points_of", { points: number(line.points), most: number(book.points) });
  const span =
    there?.first && there.last
      ? t("grades.span", { from: clockTime(there.first), until: clockTime(there.last) })
      : undefined;
  return html`<tr data-person=${line.id}>
    <th scope="row">
      <span class="grades-person"><${Avatar} id=${line.id} name=${line.name} /><span class="grades-name">
        <bdi>${line.name}</bdi>
        ${line.never_came && html`<small>${t("grades.never_came")}</small>`}
        <small class="phone-only">${[time, points].join(t("list.separator"))}</small>
        <small class="phone-only"><${Where} line=${line} book=${book} /></small>
      </span></span>
    </th>
    <td class="number wide-only" title=${span}>${time}</td>
    ${session && there && html`<td><${StatusField} line=${line} there=${there} session=${session} ledger=${ledger} /></td>`}
    <td class="number wide-only">${points}</td>
    <td class="wide-only"><${Where} line=${line} book=${book} /></td>
  </tr>`;
}

/** @param {{line: Line, there: import("./types").Standing, session: import("./types").Session, ledger: import("./ledger.js").Ledger}} props */
function StatusField({ line, there, session, ledger }) {
  const isChanged = there.status !== there.automatic;
  const choose = (/** @type {Event} */ event) => {
    const value = /** @type {import("./types").Status} */ (
      /** @type {HTMLSelectElement} */ (event.currentTarget).value
    );
    ledger.change(line, session.id, there, value === there.automatic ? null : value);
  };
  return html`<div class=${`select plain small status-${there.status}`}>
    <select
      value=${there.status}
      aria-label=${t("grades.status_of", { name: line.name })}
      data-changed=${isChanged}
      onChange=${choose}
    >
      ${STATUSES.map(
        (one) => html`<option key=${one} value=${one}>
        ${isChanged && one === there.automatic ? t("grades.as_recorded", { status: t(`grades.status.${one}`) }) : t(`grades.status.${one}`)}
      </option>`,
      )}
    </select>
    <${Icon} name="chevron" />
  </div>`;
}

/** Where the grade is, and what to do about one that failed. @param {{line: Line, book: import("./types").Book}} props */
function Where({ line, book }) {
  const { state, code, retry_at, sent_at, sent_points } = line;
  const reason = code && t(`grades.reason.${REASONS.has(code) ? code : "other"}`);
  if (!line.sendable && state !== "none")
    return html`<span class="grade-state">${t("grades.state.unknown_person")}</span>`;
  if (state === "failed")
    return html`<span class="grade-state failed"><${Icon} name="info" /><span>${t("grades.state.failed")} ${reason}</span></span>`;
  if (state === "waiting") {
    const pause = retry_at ?? book.pause?.until ?? null;
    const words = pause ? t("grades.state.retrying", { time: clockTime(pause) }) : t("grades.state.waiting");
    return html`<span class="grade-state"><${Icon} name="clock" /><span>${words}</span></span>`;
  }
  if (state === "sent" && sent_at !== null)
    return html`<span class="grade-state sent"><${Icon} name="check" /><span>${t("grades.state.sent", { time: dayTime(sent_at) })}</span></span>`;
  if ((state === "draft" || state === "left_out") && sent_points !== null)
    return html`<span class="grade-state">${t("grades.state.changed", { points: number(sent_points) })}</span>`;
  return html`<span class="grade-state">${t(`grades.state.${state === "sent" ? "none" : state}`)}</span>`;
}
