import { html, useSignal, useSignalEffect } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { REACTIONS } from "../../wire/names.js";
import { useRoom } from "../context.js";

const EMOJI = Object.freeze({
  clap: "👏",
  heart: "❤️",
  laugh: "😂",
  wow: "😮",
  thumbs_up: "👍",
  idea: "💡",
  party: "🎉",
  confused: "😕",
});
const RISES_FOR = 2400;
const AT_MOST = 5;

/** @param {string} name */
function emoji(name) {
  return EMOJI[/** @type {keyof typeof EMOJI} */ (name)] ?? "";
}

/** Reactions rise at the end of the stage and go; they are never spoken. */
export function Reactions() {
  const { store } = useRoom();
  /** @type {import("../../../vendor/ui.js").Signal<Array<{number: number, emoji: string, count: number, name: string}>>} */
  const rising = useSignal([]);
  const number = useSignal(0);
  useSignalEffect(() => {
    const batch = store.reactions.value;
    if (batch.length === 0) return;
    const first = number.peek();
    const news = batch.map((one, at) => ({
      number: first + at,
      emoji: one.emoji,
      count: one.count,
      name: one.names[0] ?? "",
    }));
    number.value = first + batch.length;
    rising.value = [...rising.peek(), ...news].slice(-AT_MOST);
    setTimeout(() => {
      rising.value = rising.peek().filter((one) => !news.includes(one));
    }, RISES_FOR);
  });
  return html`<div class="reactions" aria-hidden="true">
    ${rising.value.map(
      (one) => html`<div key=${one.number} class=${`reaction lane-${one.number % 3}`}>
        <span class="reaction-emoji">${emoji(one.emoji)}</span>
        ${one.count > 1 ? html`<span class="chip">${t("reaction.count", { n: one.count })}</span>` : one.name && html`<span class="chip"><bdi>${one.name}</bdi></span>`}
      </div>`,
    )}
  </div>`;
}

/** The eight to choose from. */
export function ReactionTray() {
  const { actions, page } = useRoom();
  const close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") page.tray.value = false;
  };
  return html`<div class="tray" role="group" aria-label=${t("reaction.tray")} onKeyDown=${close}>
    ${REACTIONS.map(
      (name) => html`<button
        key=${name}
        type="button"
        class="tray-item"
        aria-label=${t(`reaction.${name}`)}
        title=${t(`reaction.${name}`)}
        onClick=${() => actions.react(name)}
      >
        ${emoji(name)}
      </button>`,
    )}
  </div>`;
}
