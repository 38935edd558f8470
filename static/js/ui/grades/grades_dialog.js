import { html, useEffect, useId, useMemo } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Button, IconButton } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icon.js";
import { Mark } from "../parts/mark.js";
import { download, sessionName } from "./download.js";
import { failureWords } from "./failure.js";
import { Ledger } from "./ledger.js";
import { NeverCame } from "./never_came.js";
import { PeopleTable } from "./people_table.js";
import { RulesForm } from "./rules_form.js";
import { Sending } from "./sending.js";
import { SessionHead } from "./session_head.js";

/** @typedef {import("./types").Book} Book */

const OBSTACLES = new Set(["not_offered", "scores_forbidden", "no_column", "registration_off"]);

/** Attendance of every session, and the grades made of it: looked at here, then sent. */
export function GradesDialog() {
  const { page, api } = useRoom();
  const ledger = useMemo(() => new Ledger(api), []);
  useEffect(() => {
    ledger.open();
    return () => ledger.close();
  }, []);
  const close = () => {
    page.dialog.value = null;
  };
  const book = ledger.book.value;
  const head = html`<${IconButton} icon="close" look="dialog-close" name=${t("button.close")} onPress=${close} />`;
  return html`<${Dialog} title=${t("grades.title")} look="grades" head=${head} onClose=${close}>
    ${book ? html`<${Whole} ledger=${ledger} book=${book} />` : html`<${Waiting} ledger=${ledger} />`}
  </${Dialog}>`;
}

/** @param {{ledger: Ledger}} props */
function Waiting({ ledger }) {
  const failed = ledger.failure.value;
  return html`<div class="dialog-body grades-empty" role="status">
    <${Mark} />
    <p>${failed ? failureWords(failed) : t("grades.loading")}</p>
    ${failed && failed !== "not_teaching" && html`<${Button} label=${t("button.try_again")} onPress=${() => ledger.open()} />`}
  </div>`;
}

/** @param {{ledger: Ledger, book: Book}} props */
function Whole({ ledger, book }) {
  if (book.sessions.length === 0)
    return html`<div class="dialog-body grades-empty">
      <${Mark} /><p>${t("grades.empty")}</p><${Hint} book=${book} />
    </div>`;
  const session = book.sessions.find((one) => one.id === book.session) ?? null;
  return html`<div class="dialog-body" tabindex="0" role="group" aria-label=${t("grades.title")}>
      <${Hint} book=${book} />
      <${Picker} book=${book} ledger=${ledger} session=${session} />
      ${
        session
          ? html`<${SessionHead} key=${session.id} ledger=${ledger} book=${book} session=${session} />`
          : html`<${RulesForm} ledger=${ledger} book=${book} />`
      }
      <${NeverCame} ledger=${ledger} book=${book} />
      <${PeopleTable} ledger=${ledger} book=${book} session=${session} />
    </div>
    <${Sending} ledger=${ledger} book=${book} />`;
}

/** Why grades cannot be sent from here, and who changes that. @param {{book: Book}} props */
function Hint({ book }) {
  const { page } = useRoom();
  const { obstacle, platform } = book.gradebook;
  const settings = () => {
    page.dialog.value = "settings";
  };
  if (obstacle && OBSTACLES.has(obstacle))
    return html`<p class="grades-hint"><${Icon} name="info" /><span>
      ${t(`grades.obstacle.${obstacle}`)} ${obstacle !== "registration_off" && t(`grades.remedy.${remedy(platform)}`)}
    </span></p>`;
  if (!book.graded)
    return html`<p class="grades-hint"><${Icon} name="info" /><span>${t("grades.not_graded")}</span>
      ${book.may_send && html`<${Button} look="small" label=${t("act.settings")} onPress=${settings} />`}
    </p>`;
  const told = (/** @type {import("./types").Line} */ { state }) => state !== "none" && state !== "left_out";
  const zeros = platform === "canvas" && book.people.some((one) => one.points === 0 && told(one));
  return zeros && html`<p class="grades-hint"><${Icon} name="info" /><span>${t("grades.zero")}</span></p>`;
}

/** @param {string} platform */
function remedy(platform) {
  return ["canvas", "moodle", "sakai"].includes(platform) ? platform : "other";
}

/** @param {{ledger: Ledger, book: Book, session: import("./types").Session | null}} props */
function Picker({ ledger, book, session }) {
  const id = useId();
  const choose = (/** @type {Event} */ event) =>
    ledger.show(/** @type {HTMLSelectElement} */ (event.currentTarget).value || null);
  return html`<div class="grades-picker">
    <label for=${id}>${t("grades.session")}</label>
    <div class="select plain">
      <select id=${id} value=${book.session ?? ""} onChange=${choose}>
        ${book.sessions.map((one) => html`<option key=${one.id} value=${one.id}>${sessionName(one)}</option>`)}
        <option value="">${t("grades.all_sessions", { n: book.sessions.length })}</option>
      </select>
      <${Icon} name="chevron" />
    </div>
    <${IconButton} icon="download" name=${t("grades.download")} onPress=${() => download(book, session)} />
  </div>`;
}
