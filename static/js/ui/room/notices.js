import { html, useEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { isStaff, liveElsewhere } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { Button, IconButton } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { Words } from "../parts/words.js";

const FOLDS_AFTER = 12_000;
const CONFIRMS_FOR = 4000;
const SEVERAL = 3;

/**
 * The strip in the top bar: what waits for an answer of staff, else what is told to oneself, else a
 * confirmation that goes by itself. One at a time; the others queue.
 */
export function Notices() {
  const { store, page, state } = useRoom();
  const { notices, confirmations } = store.board.value;
  // Their buttons switch devices: they belong to the page that has them.
  const elsewhere = page.windowOpenedAt.value !== null || liveElsewhere(state) === "window";
  if (elsewhere) return html`<div class="strip-place"></div>`;
  const asking = isStaff(state)
    ? state.requests.filter((one) => !page.foldedRequests.value.has(keyOf(one)))
    : [];
  const [notice] = notices;
  const [confirmation] = confirmations;
  if (asking.length > 0) return html`<${Asking} asking=${asking} more=${notices.length} />`;
  if (notice) return html`<${Notice} key=${notice.number} notice=${notice} more=${notices.length - 1} />`;
  if (confirmation) return html`<${Confirmation} key=${confirmation.number} told=${confirmation} />`;
  return html`<div class="strip-place"></div>`;
}

/** @param {{asking: import("../../wire/types").Timed[], more: number}} props */
function Asking({ asking, more }) {
  const { actions, page } = useRoom();
  const keys = asking.map(keyOf).join(" ");
  useEffect(() => {
    const timer = setTimeout(() => fold(page, keys.split(" ")), FOLDS_AFTER);
    return () => clearTimeout(timer);
  }, [keys]);
  const [first] = asking;
  if (!first) return null;
  const waiting = asking.length - 1 + more;
  const show = () => {
    if (page.panel.value !== "participants") page.show("participants");
    fold(page, keys.split(" "));
  };
  if (asking.length >= SEVERAL) {
    return html`<div class="strip-place">
      <div class="strip amber asking">
        <p class="strip-words"><${Words} say="asked.several" args=${{ n: asking.length }} /></p>
        <${Button} look="primary small" label=${t("act.show")} onPress=${show} />
      </div>
    </div>`;
  }
  return html`<div class="strip-place">
    <div class="strip amber asking">
      <${Avatar} id=${first.id} name=${first.name} />
      <p class="strip-words"><${Words} say="asked.staff" args=${{ name: first.name }} strong /></p>
      <div class="strip-buttons">
        <${Button}
          look="primary small"
          label=${t("act.approve")}
          onPress=${() => actions.act(Act.APPROVE, { target: first.id })}
        />
        <${Button} look="small" label=${t("act.decline")} onPress=${() => actions.act(Act.DECLINE, { target: first.id })} />
        ${waiting > 0 && html`<${Button} look="quiet small" label=${t("act.more_waiting", { n: waiting })} onPress=${show} />`}
      </div>
    </div>
  </div>`;
}

/** One request: who asks again is told of again. @param {import("../../wire/types").Timed} request */
function keyOf({ id, at }) {
  return `${id}:${at}`;
}

/** Unanswered for a while: from now on only the count on Participants says it. @param {import("../page.js").Page} page @param {string[]} keys */
function fold(page, keys) {
  page.foldedRequests.value = new Set([...page.foldedRequests.value, ...keys]);
}

/** @param {{notice: import("../../state/board.js").Told, more: number}} props */
function Notice({ notice, more }) {
  const { store, actions } = useRoom();
  const { action } = notice;
  const answer = () => {
    store.dismiss(notice.number);
    if (action) run(actions, action);
  };
  return html`<div class="strip-place">
    <div class="strip surface">
      ${notice.person ? html`<${Avatar} ...${notice.person} />` : html`<${Icon} name="info" />`}
      <p class="strip-words"><${Words} say=${notice.key} args=${notice.args} strong /></p>
      <div class="strip-buttons">
        ${action && html`<${Button} look="soft small" label=${t(action.label)} onPress=${answer} />`}
        ${more > 0 && html`<span class="strip-more">${t("act.more_waiting", { n: more })}</span>`}
        <${IconButton} icon="close" name=${t("button.dismiss")} onPress=${() => store.dismiss(notice.number)} />
      </div>
    </div>
  </div>`;
}

/** @param {import("../actions.js").Actions} actions @param {{run: string, target?: string}} action */
function run(actions, { run: what, target }) {
  if (what === "unmute") return actions.switch("microphone", true);
  if (what === "start_camera") return actions.switch("camera", true);
  if (what === "join" || what === "ask") return actions.stageStep();
  return actions.act(what, { target });
}

/** Goes after 4 s, later while somebody points at it or has the focus in it. @param {{told: import("../../state/board.js").Told}} props */
function Confirmation({ told }) {
  const { store } = useRoom();
  const held = useSignal(false);
  /** @type {{current: HTMLDivElement | null}} */
  const strip = useRef(null);
  useEffect(() => {
    if (held.value) return undefined;
    const timer = setTimeout(() => store.dismiss(told.number), CONFIRMS_FOR);
    return () => clearTimeout(timer);
  }, [held.value]);
  const hold = (/** @type {boolean} */ on) => () => {
    held.value = on;
  };
  const tone = told.tone ?? "tint";
  return html`<div class="strip-place">
    <div ref=${strip} class=${`strip ${tone} confirmation`} onMouseEnter=${hold(true)} onMouseLeave=${hold(false)}>
      <${Icon} name=${tone === "tint" ? "check" : "info"} />
      <p class="strip-words"><${Words} say=${told.key} args=${told.args} /></p>
    </div>
  </div>`;
}
