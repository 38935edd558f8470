import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";

/** Asks before something that another person would feel. */
export function QuestionDialog() {
  const { page } = useRoom();
  const question = page.question.value;
  if (!question) return null;
  const close = () => {
    page.question.value = null;
  };
  const yes = () => {
    close();
    question.run();
  };
  return html`<${Dialog} title=${t(question.question, question.args)} look="narrow question" onClose=${close}>
    <div class="dialog-foot">
      <${Button} label=${t(question.no ?? "act.keep")} onPress=${close} />
      <${Button} look="danger" label=${t(question.yes)} onPress=${yes} />
    </div>
  </${Dialog}>`;
}
