import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";

const FOR_GOOD = new Set(["names_roles_missing", "service_refused", "registration_disabled"]);

/** Whether people of the course who never opened the room are sent 0, and why some may be missing here. @param {{ledger: import("./ledger.js").Ledger, book: import("./types").Book}} props */
export function NeverCame({ ledger, book }) {
  const { n, undecided, zeros } = book.never_came;
  const hint = hintWords(book.never_came);
  const choose = async (/** @type {Event} */ event) => {
    const box = /** @type {HTMLInputElement} */ (event.currentTarget);
    if (!(await ledger.zeros(box.checked))) box.checked = zeros;
  };
  return html`
    ${
      book.graded &&
      !book.gradebook.obstacle &&
      (n > 0 || zeros) &&
      html`<label class="toggle grades-zeros">
        <span>${undecided > 0 ? t("grades.zeros", { n: undecided }) : t("grades.zeros_any")}</span>
        <input type="checkbox" role="switch" checked=${zeros} disabled=${!book.may_send} onChange=${choose} />
      </label>`
    }
    <p class="nothing grades-course" role="status">${hint}</p>`;
}

/** @param {import("./types").NeverCame} course */
function hintWords({ asking, error, complete }) {
  if (asking) return t("absent.asking");
  if (error) return t(FOR_GOOD.has(error) ? "grades.course.not_shared" : "grades.course.not_told");
  return complete ? "" : t("grades.course.too_large");
}
