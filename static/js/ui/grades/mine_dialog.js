import { html, useEffect, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { RequestFailed } from "../../wire/failure.js";
import { useRoom } from "../context.js";
import { IconButton } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { sessionName } from "./download.js";
import { failureWords } from "./failure.js";
import { minutes } from "./table.js";

/** One's own attendance, session by session. */
export function MineDialog() {
  const { page, api } = useRoom();
  const sessions = useSignal(/** @type {import("./types").OwnSession[] | null} */ (null));
  const failure = useSignal(/** @type {string | null} */ (null));
  useEffect(() => {
    api.get("/api/grades/mine").then(
      (answer) => {
        sessions.value = answer.sessions;
      },
      (error) => {
        if (!(error instanceof RequestFailed)) throw error;
        failure.value = error.code;
      },
    );
  }, []);
  const close = () => {
    page.dialog.value = null;
  };
  const head = html`<${IconButton} icon="close" look="dialog-close" name=${t("button.close")} onPress=${close} />`;
  return html`<${Dialog} title=${t("grades.mine")} look="narrow" head=${head} onClose=${close}>
    <div class="dialog-body">
      <p class="grades-mine-words" role="status">${words(sessions.value, failure.value)}</p>
      <ul class="grades-mine" aria-label=${t("grades.mine")}>
        ${sessions.value?.map(
          (one) => html`<li key=${one.id}>
          <span>${sessionName(one)}</span>
          <b>${t("grades.mine_was", { n: minutes(one.seconds), status: t(`grades.status.${one.status}`) })}</b>
        </li>`,
        )}
      </ul>
    </div>
  </${Dialog}>`;
}

/** @param {unknown[] | null} sessions @param {string | null} failure */
function words(sessions, failure) {
  if (failure) return failureWords(failure);
  if (!sessions) return t("grades.loading");
  return t(sessions.length === 0 ? "grades.mine_empty" : "grades.mine_hint");
}
