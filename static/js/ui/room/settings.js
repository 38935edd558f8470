import { html, useEffect, useId } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { isStaff } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Fields } from "../entry/fields.js";
import { Trouble } from "../entry/trouble.js";
import { Button, IconButton } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { ConnectionCheck } from "./connection_check.js";
import { Grading, RoomSettings } from "./room_settings.js";

const THEMES = Object.freeze(/** @type {const} */ (["system", "light", "dark"]));

/** Devices while live, the look of the page, the keyboard, and for staff the room. */
export function SettingsDialog() {
  const { state, page, devices } = useRoom();
  const onStage = state.me.place === "on_stage";
  useEffect(() => {
    if (onStage) devices.open();
  }, [onStage]);
  const close = () => {
    page.dialog.value = null;
  };
  const head = html`<${IconButton} icon="close" look="dialog-close" name=${t("button.close")} onPress=${close} />`;
  return html`<${Dialog} title=${t("settings.title")} look="middle" head=${head} onClose=${close}>
    <div class="dialog-body settings">
      ${onStage && html`<section><h2>${t("settings.devices")}</h2><${Trouble} /><${Fields} /></section>`}
      <${Data} />
      <${Theme} />
      <${Keyboard} />
      ${isStaff(state) && html`<${Room} />`}
      ${state.me.role === "host" && html`<${Grading} />`}
    </div>
  </${Dialog}>`;
}

function Theme() {
  const { page } = useRoom();
  return html`<fieldset class="choice">
    <legend>${t("settings.theme")}</legend>
    <div class="segments">
      ${THEMES.map(
        (theme) => html`<label key=${theme}>
          <input
            type="radio"
            name="theme"
            checked=${page.preferences.value.theme === theme}
            onChange=${() => page.prefer({ theme })}
          />
          <span>${t(`settings.theme.${theme}`)}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/** For lines that are weak or paid by volume. */
function Data() {
  const { state, page } = useRoom();
  return html`<section>
    <h2>${t("settings.data")}</h2>
    <${Toggle}
      label=${t("settings.data.less")}
      help=${t("settings.data.help")}
      on=${page.lowData.value}
      onChange=${(/** @type {boolean} */ on) => page.prefer({ lowData: on })}
    />
    ${isStaff(state) && html`<${ConnectionCheck} />`}
  </section>`;
}

function Keyboard() {
  const { page } = useRoom();
  const { singleKeys, holdToTalk, speakChat } = page.preferences.value;
  const keys = () => {
    page.dialog.value = "keys";
  };
  return html`<section>
    <h2>${t("settings.keys")}</h2>
    <${Toggle} label=${t("settings.keys.single")} on=${singleKeys} onChange=${(/** @type {boolean} */ on) => page.prefer({ singleKeys: on })} />
    <${Toggle} label=${t("settings.keys.talk")} on=${holdToTalk} onChange=${(/** @type {boolean} */ on) => page.prefer({ holdToTalk: on })} />
    <${Toggle} label=${t("settings.chat.spoken")} on=${speakChat} onChange=${(/** @type {boolean} */ on) => page.prefer({ speakChat: on })} />
    <${Button} look="small" icon="keyboard" label=${t("act.shortcuts")} onPress=${keys} />
  </section>`;
}

/** What concerns everybody. Only a host decides who may leave the stage. */
function Room() {
  const { state, page, actions } = useRoom();
  const end = () => {
    page.dialog.value = null;
    const run = () => actions.act(Act.END_SESSION);
    actions.ask({ question: "end_session.question", yes: "act.end_session", no: "button.back", run });
  };
  return html`<section>
    <h2>${t("settings.room")}</h2>
    <${RoomSettings} />
    ${
      state.me.role === "host" &&
      html`<${Toggle}
        label=${t("settings.leaving")}
        on=${state.room.leaving_allowed}
        onChange=${(/** @type {boolean} */ allowed) => actions.act(Act.ALLOW_LEAVING, { allowed })}
      />`
    }
    <${Button} look="danger small" label=${t("act.end_session")} onPress=${end} />
  </section>`;
}

/** @param {{label: string, help?: string, on: boolean, onChange: (on: boolean) => void}} props */
function Toggle({ label, help, on, onChange }) {
  const id = useId();
  const change = (/** @type {Event} */ event) =>
    onChange(/** @type {HTMLInputElement} */ (event.currentTarget).checked);
  return html`<label class="toggle">
      <span>${label}</span>
      <input type="checkbox" role="switch" checked=${on} onChange=${change} aria-describedby=${help && id} />
    </label>
    ${help && html`<p class="toggle-help" id=${id}>${help}</p>`}`;
}
