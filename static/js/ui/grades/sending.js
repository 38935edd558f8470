import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { Button } from "../parts/button.js";
import { failureWords } from "./failure.js";
import { progress } from "./table.js";

/** @typedef {import("./types").Book} Book */
/** @typedef {{ledger: import("./ledger.js").Ledger, book: Book}} Shown */

/** What will be sent, what is on its way, what failed; and the last change, to be taken back. @param {Shown} props */
export function Sending({ ledger, book }) {
  const may = book.may_send && book.graded && !book.gradebook.obstacle;
  const { failed } = progress(book);
  return html`<div class="dialog-foot grades-foot">
    <${Told} ledger=${ledger} book=${book} may=${may} />
    ${may && failed > 0 && html`<${Button} label=${t("grades.retry", { n: failed })} onPress=${() => ledger.retry()} />`}
    ${
      may &&
      book.to_send > 0 &&
      html`<${Button}
        look="primary"
        icon="send"
        label=${t("grades.send", { n: book.to_send, name: gradebookName(book) })}
        unavailable=${ledger.busy.value ? t("grades.busy") : null}
        onPress=${() => ledger.send()}
      />`
    }
  </div>`;
}

/** One sentence: the most pressing. @param {{ledger: import("./ledger.js").Ledger, book: Book, may: boolean}} props */
function Told({ ledger, book, may }) {
  const undoable = ledger.undoable.value;
  return html`<div class="grades-told">
    <p role="status">${toldWords(ledger, book, may)}</p>
    ${undoable && html`<${Button} look="small" icon="back" label=${t("grades.undo")} onPress=${() => ledger.undo()} />`}
  </div>`;
}

/** @param {import("./ledger.js").Ledger} ledger @param {Book} book @param {boolean} may */
function toldWords(ledger, book, may) {
  const failure = ledger.failure.value;
  if (failure) return failureWords(failure);
  const undoable = ledger.undoable.value;
  if (undoable) {
    const there = book.people.find((one) => one.id === undoable.id)?.there;
    if (there && book.session === undoable.session)
      return t("grades.changed", { name: undoable.name, status: t(`grades.status.${there.status}`) });
  }
  const { waiting, sent, failed } = progress(book);
  if (waiting > 0) return t("grades.under_way", { n: waiting, sent });
  if (failed > 0) return t("grades.some_failed", { n: failed, sent });
  if (!book.may_send) return t("grades.hosts_send");
  if (may && book.to_send > 0) return t(book.send_by_itself ? "grades.by_itself" : "grades.nothing_yet");
  if (may && sent > 0) return t("grades.all_sent", { n: sent });
  return "";
}

/** @param {Book} book */
function gradebookName({ gradebook }) {
  const { platform, name } = gradebook;
  return ["canvas", "moodle", "sakai"].includes(platform) ? t(`grades.platform.${platform}`) : name;
}
