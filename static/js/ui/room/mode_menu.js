import { html, useRef, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Icon } from "../parts/icon.js";
import { Menu } from "../parts/menu.js";

const MODES = Object.freeze(["everyone", "request", "invite"]);

/** The three modes as menu items. @param {ReturnType<typeof useRoom>} room @returns {import("../parts/menu.js").Item[]} */
export function modeItems({ state, actions }) {
  return MODES.map((access) => ({
    key: access,
    label: t(`mode.${access}`),
    detail: t(`mode.${access}.detail`),
    checked: state.room.access === access,
    run: () => actions.act(Act.SET_ACCESS, { access }),
  }));
}

/** The mode as a button that opens the choice. */
export function ModeMenu() {
  const room = useRoom();
  const open = useSignal(false);
  /** @type {{current: HTMLButtonElement | null}} */
  const opener = useRef(null);
  return html`<button
      ref=${opener}
      type="button"
      class="pill mode"
      aria-haspopup="menu"
      aria-expanded=${String(open.value)}
      onClick=${() => {
        open.value = !open.value;
      }}
    >
      <span>${t(`mode.${room.state.room.access}`)}</span><${Icon} name="chevron" />
    </button>
    ${
      open.value &&
      html`<${Menu}
        name=${t("mode.name")}
        head=${t("mode.name")}
        foot=${t("mode.footer")}
        items=${modeItems(room)}
        opener=${opener.current}
        onClose=${() => {
          open.value = false;
        }}
      />`
    }`;
}
