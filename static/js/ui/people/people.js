import { html, useEffect, useId, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { isStaff, roleOf, serverTime, stageOrder, viewerCount, viewers } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { Button } from "../parts/button.js";
import { keepTime, now } from "../parts/clock.js";
import { Icon } from "../parts/icon.js";
import { NotHere } from "./not_here.js";
import { Row } from "./row.js";

/** @typedef {import("../../wire/types").Person} Person */

const SEARCH_AFTER = 250;
const FEW = 60;

/** Who asks, who is on stage, who watches. */
export function People() {
  const search = useSignal("");
  const id = useId();
  return html`<div class="people">
    <div class="search">
      <${Icon} name="search" />
      <input
        id=${id}
        type="search"
        aria-label=${t("people.find")}
        placeholder=${t("people.find")}
        value=${search.value}
        onInput=${(/** @type {Event} */ event) => {
          search.value = /** @type {HTMLInputElement} */ (event.currentTarget).value;
        }}
      />
    </div>
    <${ToAttendance} />
    <div class="people-lists" tabindex="0" role="group" aria-label=${t("people.title")}>
      ${search.value.trim() ? html`<${Found} search=${search.value.trim()} />` : html`<${Lists} />`}
    </div>
  </div>`;
}

/** To everybody's attendance and grades, or to one's own. */
function ToAttendance() {
  const { state, page } = useRoom();
  const everybodys = isStaff(state) && page.teaches;
  const open = () => {
    page.dialog.value = everybodys ? "grades" : "my_attendance";
  };
  return html`<div class="to-attendance">
    <${Button} look="quiet small" icon="grades" label=${t(everybodys ? "grades.title" : "grades.mine")} onPress=${open} />
  </div>`;
}

function Lists() {
  const { state } = useRoom();
  const staff = isStaff(state);
  const onStage = stageOrder(state);
  return html`
    ${staff && (state.requests.length > 0 || state.room.access === "request") && html`<${Asking} />`}
    <${Section} say="people.on_stage" n=${onStage.length} empty="people.nobody_on_stage">
      ${onStage.map((person) => html`<${Row} key=${person.id} person=${person} />`)}
    </${Section}>
    <${Viewers} />
    ${staff && html`<${NotHere} />`}
    ${
      staff &&
      state.removed.length > 0 &&
      html`<${Section} say="people.removed" n=${state.removed.length}>
        ${state.removed.map((person) => html`<${Removed} key=${person.id} person=${person} />`)}
      </${Section}>`
    }
  `;
}

/** @param {{say: string, n: number, empty?: string, children?: unknown, after?: unknown}} props */
function Section({ say, n, empty, children, after }) {
  const id = useId();
  return html`<section aria-labelledby=${id}>
    <h3 id=${id}>${t(say, { n })}</h3>
    ${n === 0 && empty ? html`<p class="nothing">${t(empty)}</p>` : html`<ul aria-labelledby=${id}>${children}</ul>`}
    ${after}
  </section>`;
}

function Asking() {
  const { state } = useRoom();
  return html`<${Section} say="people.asking" n=${state.requests.length} empty="people.nobody_asks">
    ${state.requests.map((one) => html`<${Request} key=${one.id} request=${one} />`)}
  </${Section}>`;
}

/** @param {{request: import("../../wire/types").Timed}} props */
function Request({ request }) {
  const { state, actions } = useRoom();
  useEffect(keepTime, []);
  const { id, name, at } = request;
  const minutes = Math.floor((serverTime(state, now.value) - at) / 60);
  const named = (/** @type {string} */ label) => t("act.for_person_label", { action: t(label), name });
  return html`<li class="request">
    <div class="request-head">
      <${Avatar} id=${id} name=${name} />
      <b><bdi>${name}</bdi></b>
      <span class="request-time">${minutes < 1 ? t("time.just_now") : t("time.minutes", { n: minutes })}</span>
    </div>
    <div class="request-buttons">
      <${Button}
        look="primary small"
        label=${t("act.approve")}
        name=${named("act.approve")}
        onPress=${() => actions.act(Act.APPROVE, { target: id })}
      />
      <${Button}
        look="small"
        label=${t("act.decline")}
        name=${named("act.decline")}
        onPress=${() => actions.act(Act.DECLINE, { target: id })}
      />
    </div>
  </li>`;
}

/** Up to 200 people the page knows all; beyond that it asks for more, page by page. */
function Viewers() {
  const { state, actions } = useRoom();
  /** @type {import("../../../vendor/ui.js").Signal<Person[]>} */
  const fetched = useSignal([]);
  const pages = useSignal(1);
  const shown = useSignal(FEW);
  const known = viewers(state);
  const ids = new Set(known.map((one) => one.id));
  const all = [...known, ...fetched.value.filter((one) => !ids.has(one.id))];
  const count = viewerCount(state);
  const more = async () => {
    if (state.roster.complete || all.length > shown.value) {
      shown.value += FEW;
      return;
    }
    const answer = await actions.roster({ page: pages.value });
    if (!answer) return;
    pages.value += 1;
    fetched.value = [...fetched.value, ...answer.people];
    shown.value = all.length + answer.people.length;
  };
  const hidden = count > Math.min(all.length, shown.value);
  return html`<${Section}
    say="people.viewers"
    n=${count}
    empty=${isStaff(state) && state.requests.length > 0 ? "people.all_others_ask" : "people.nobody_watches"}
    after=${hidden && html`<${Button} look="quiet small" label=${t("list.more")} onPress=${more} />`}
  >
    ${all.slice(0, shown.value).map((person) => html`<${Row} key=${person.id} person=${person} />`)}
  </${Section}>`;
}

/** @param {{search: string}} props */
function Found({ search }) {
  const { state, actions } = useRoom();
  /** @type {import("../../../vendor/ui.js").Signal<Person[] | null>} */
  const answer = useSignal(null);
  useEffect(() => {
    if (state.roster.complete) return undefined;
    const timer = setTimeout(async () => {
      answer.value = (await actions.roster({ search }))?.people ?? [];
    }, SEARCH_AFTER);
    return () => clearTimeout(timer);
  }, [search, state.roster.complete]);
  const found = state.roster.complete ? among(state, search) : answer.value;
  if (found === null) return null;
  const absent = isStaff(state) && html`<${NotHere} search=${search} />`;
  if (found.length === 0)
    return html`<p class="nothing" role="status">${t("people.nobody_called", { name: search })}</p>${absent}`;
  return html`<${Section} say="people.found" n=${found.length}>
      ${found.map((person) => html`<${Row} key=${person.id} person=${person} />`)}
    </${Section}>
    ${absent}`;
}

/** @param {import("../../state/types").RoomState} state @param {string} search @returns {Person[]} */
function among(state, search) {
  const plain = (/** @type {string} */ text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const people = [
    ...state.stage,
    ...state.roster.people.filter((one) => !state.stage.some((seat) => seat.id === one.id)),
  ];
  return people
    .filter((one) => plain(one.name).includes(plain(search)))
    .map((one) => ({ ...one, role: roleOf(state, one.id) }));
}

/** @param {{person: import("../../wire/types").Named}} props */
function Removed({ person }) {
  const { actions } = useRoom();
  const label = t("act.readmit");
  return html`<li class="person">
    <${Avatar} id=${person.id} name=${person.name} />
    <span class="person-name"><bdi>${person.name}</bdi></span>
    <${Button}
      look="small"
      label=${label}
      name=${t("act.for_person_label", { action: label, name: person.name })}
      onPress=${() => actions.act(Act.READMIT, { target: person.id })}
    />
  </li>`;
}
