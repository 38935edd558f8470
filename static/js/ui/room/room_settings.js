import { html, useEffect, useId, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { fromLocal, timeZone, toLocal } from "../../time/local_time.js";
import { Act } from "../../wire/names.js";
import { useApp, useRoom } from "../context.js";
import { Button } from "../parts/button.js";

const MODES = Object.freeze(/** @type {const} */ (["everyone", "request", "invite"]));
const ADDRESS = "/api/room-settings";

/**
 * @typedef {{graded: boolean, points: number, send_by_itself: boolean, gradebook: boolean}} Grading
 * @typedef {{title: string, access: string, start: string, end: string}} Draft
 */

/** Title, stage access and times of the room; hosts also say whether being here counts. */
export function RoomSettings() {
  const { state, actions } = useRoom();
  const isHost = state.me.role === "host";
  const draft = useSignal(draftOf(state.room));
  const wrong = useSignal(/** @type {"title" | "end" | null} */ (null));
  const set = (/** @type {Partial<Draft>} */ change) => {
    draft.value = { ...draft.value, ...change };
  };
  const save = async () => {
    wrong.value = faultOf(draft.value);
    if (!wrong.value) await send(state.room, draft.value, isHost, actions);
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    save();
  };
  return html`<form class="room-settings" onSubmit=${submit} noValidate>
    <${TextField} label=${t("settings.room.title")} value=${draft.value.title} wrong=${wrong.value === "title"} onInput=${(/** @type {string} */ title) => set({ title })} />
    <fieldset class="choice">
      <legend>${t("mode.name")}</legend>
      ${MODES.map(
        (access) => html`<label key=${access} class="mode-choice">
          <input type="radio" name="access" checked=${draft.value.access === access} onChange=${() => set({ access })} />
          <span>${t(`mode.${access}`)}<small>${t(`mode.${access}.detail`)}</small></span>
        </label>`,
      )}
    </fieldset>
    ${isHost && html`<${Times} draft=${draft.value} wrong=${wrong.value === "end"} set=${set} />`}
    <${Button} look="small soft" label=${t("settings.room.save")} onPress=${save} />
  </form>`;
}

/** @param {import("../../wire/types").RoomFacts} room @returns {Draft} */
function draftOf({ title, access, schedule }) {
  const local = (/** @type {number | null} */ at) => (at === null ? "" : toLocal(at));
  return { title, access, start: local(schedule.start), end: local(schedule.end) };
}

/** @param {Draft} draft */
function faultOf({ title, start, end }) {
  if (!title.trim()) return "title";
  const [from, to] = [fromLocal(start), fromLocal(end)];
  return from !== null && to !== null && to <= from ? "end" : null;
}

/**
 * What has changed goes out, one command each.
 *
 * @param {import("../../wire/types").RoomFacts} room
 * @param {Draft} draft
 * @param {boolean} isHost
 * @param {import("../actions.js").Actions} actions
 */
async function send(room, draft, isHost, actions) {
  const before = draftOf(room);
  const title = draft.title.trim();
  if (title !== room.title) await actions.act(Act.SET_TITLE, { title });
  if (draft.access !== room.access) await actions.act(Act.SET_ACCESS, { access: draft.access });
  if (isHost && (draft.start !== before.start || draft.end !== before.end)) {
    const times = { start: fromLocal(draft.start), end: fromLocal(draft.end) };
    await actions.act(Act.SET_SCHEDULE, times);
  }
  actions.store.tell({ as: "confirm", key: "settings.room.saved" });
}

/** @param {{draft: Draft, wrong: boolean, set: (change: Partial<Draft>) => void}} props */
function Times({ draft, wrong, set }) {
  const id = useId();
  const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;
  return html`<fieldset class="choice room-times">
    <legend>${t("settings.room.times")}</legend>
    <div class="room-field">
      <label for=${`${id}-start`}>${t("settings.room.start")}</label>
      <input id=${`${id}-start`} type="datetime-local" value=${draft.start} onInput=${(/** @type {Event} */ e) => set({ start: value(e) })} />
    </div>
    <div class="room-field">
      <label for=${`${id}-end`}>${t("settings.room.end")}</label>
      <input id=${`${id}-end`} type="datetime-local" value=${draft.end} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-wrong` : `${id}-help`} onInput=${(/** @type {Event} */ e) => set({ end: value(e) })} />
    </div>
    <${Button} look="small" label=${t("settings.room.clear")} onPress=${() => set({ start: "", end: "" })} />
    ${wrong && html`<p class="room-wrong" id=${`${id}-wrong`} role="alert">${t("settings.room.end_wrong")}</p>`}
    <p class="toggle-help" id=${`${id}-help`}>${t("settings.room.times.help", { zone: timeZone() })}</p>
  </fieldset>`;
}

/** @param {{label: string, value: string, wrong: boolean, onInput: (text: string) => void}} props */
function TextField({ label, value, wrong, onInput }) {
  const id = useId();
  const input = (/** @type {Event} */ event) =>
    onInput(/** @type {HTMLInputElement} */ (event.currentTarget).value);
  return html`<div class="room-field">
    <label for=${id}>${label}</label>
    <input id=${id} value=${value} maxlength="200" autocomplete="off" dir="auto" aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-wrong` : undefined} onInput=${input} />
    ${wrong && html`<p class="room-wrong" id=${`${id}-wrong`} role="alert">${t("settings.room.title_wrong")}</p>`}
  </div>`;
}

/** Whether attendance counts: shown where the course has a gradebook, to hosts by their course role. */
export function Grading() {
  const { api } = useApp();
  const id = useId();
  const found = useSignal(/** @type {Grading | null} */ (null));
  const failed = useSignal(false);
  useEffect(() => {
    api.get(ADDRESS).then(
      (/** @type {Grading} */ grading) => {
        found.value = grading;
      },
      () => {},
    );
  }, []);
  const change = async (/** @type {Partial<Grading>} */ changed) => {
    const before = found.value;
    if (!before) return;
    const { gradebook, ...wanted } = { ...before, ...changed };
    found.value = { ...wanted, gradebook };
    try {
      found.value = await api.send("PUT", ADDRESS, wanted);
      failed.value = false;
    } catch {
      found.value = before;
      failed.value = true;
    }
  };
  const grading = found.value;
  if (!grading?.gradebook) return null;
  const on = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget);
  return html`<section>
    <h2>${t("settings.grading")}</h2>
    <label class="toggle">
      <span>${t("settings.grading.counts")}</span>
      <input type="checkbox" role="switch" checked=${grading.graded} onChange=${(/** @type {Event} */ e) => change({ graded: on(e).checked })} />
    </label>
    ${
      grading.graded &&
      html`<div class="room-field short">
          <label for=${id}>${t("settings.grading.points")}</label>
          <input id=${id} type="number" min="0.5" max="1000" step="0.5" value=${grading.points} onChange=${(/** @type {Event} */ e) => change({ points: Number(on(e).value) })} />
        </div>
        <label class="toggle">
          <span>${t("settings.grading.by_itself")}</span>
          <input type="checkbox" role="switch" checked=${grading.send_by_itself} onChange=${(/** @type {Event} */ e) => change({ send_by_itself: on(e).checked })} />
        </label>
        <p class="toggle-help">${t("settings.grading.help")}</p>`
    }
    ${failed.value && html`<p class="room-wrong" role="alert">${t("settings.grading.failed")}</p>`}
  </section>`;
}
