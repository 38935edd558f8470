import { html } from "../../../vendor/ui.js";
import { useRoom } from "../context.js";
import { GradesDialog } from "../grades/grades_dialog.js";
import { MineDialog } from "../grades/mine_dialog.js";
import { PersonMenu } from "../people/person_menu.js";
import { Banner } from "./banner.js";
import { FramedDialog } from "./framed_dialog.js";
import { Invitation } from "./invitation.js";
import { KeysDialog } from "./keys_dialog.js";
import { Panel } from "./panel.js";
import { PlannedEnd } from "./planned_end.js";
import { QuestionDialog } from "./question.js";
import { ReadyDialog } from "./ready_dialog.js";
import { SettingsDialog } from "./settings.js";
import { Stage } from "./stage.js";
import { Toolbar } from "./toolbar.js";
import { TopBar } from "./topbar.js";

const DIALOGS = Object.freeze({
  ready: ReadyDialog,
  settings: SettingsDialog,
  keys: KeysDialog,
  framed: FramedDialog,
  grades: GradesDialog,
  my_attendance: MineDialog,
});

/** The room: top bar, stage, panel, invitation, toolbar, in reading order. */
export function RoomView() {
  const { page, state } = useRoom();
  const dialog = page.dialog.value;
  const look = ["room", page.panel.value && "with-panel", state.me.invitation && "with-invitation"];
  return html`<div class=${look.filter(Boolean).join(" ")}>
    <${TopBar} />
    <div class="banner-place" role="status"><${Banner} /></div>
    <main class="main">
      <div class="stage-place" inert=${page.isCovered.value}><${Stage} /></div>
      <${PersonMenu} />
    </main>
    <${Panel} />
    <div class="invitation-place"><${Invitation} /></div>
    <${Toolbar} />
    <${PlannedEnd} />
    <${QuestionDialog} />
    ${dialog && html`<${DIALOGS[dialog]} key=${dialog} />`}
  </div>`;
}
