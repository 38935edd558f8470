import { html, useEffect, useId, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { absentees, named } from "../../state/absent.js";
import { serverTime } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { Button } from "../parts/button.js";
import { keepTime, now } from "../parts/clock.js";
import { Icon } from "../parts/icon.js";

/** @typedef {import("../../state/absent.js").CourseList} CourseList */
/** @typedef {import("../../state/absent.js").CoursePerson} CoursePerson */

const ADDRESS = "/api/course-people";
const ASKING_AGAIN = 1000;
const LOOKING_AGAIN = 60_000;
const FEW = 12;
const STEP = 60;
const ERRORS = new Set([
  "names_roles_missing",
  "platform_token",
  "rate_limited",
  "registration_disabled",
  "service_refused",
]);

/** For staff: who of the course has not come, from the LMS. @param {{search?: string}} props */
export function NotHere({ search = "" }) {
  const course = useCourse(search);
  const { list } = course;
  if (!list) return null;
  if (search) return html`<${Found} list=${list} search=${search} />`;
  return html`<${Group} ...${course} list=${list} />`;
}

/** The list and the asking for it, for as long as somebody looks. @param {string} search */
function useCourse(search) {
  const { api } = useRoom();
  /** @type {import("../../../vendor/ui.js").Signal<CourseList | null>} */
  const list = useSignal(null);
  const failed = useSignal(false);
  /** @param {() => Promise<CourseList>} ask */
  const take = async (ask) => {
    try {
      const answer = await ask();
      if (answer.people) list.value = answer;
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  useEffect(() => {
    let over = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const look = async () => {
      await take(() => api.get(search ? `${ADDRESS}?${new URLSearchParams({ search })}` : ADDRESS));
      if (!over) timer = setTimeout(look, list.value?.asking ? ASKING_AGAIN : LOOKING_AGAIN);
    };
    look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [search, list.value?.asking]);
  const more = async () => {
    const known = list.value;
    if (!known?.next) return;
    const from = String(known.next);
    await take(async () => {
      const page = await api.get(`${ADDRESS}?${new URLSearchParams({ from })}`);
      return { ...page, people: [...known.people, ...page.people] };
    });
  };
  return {
    list: list.value,
    failed: failed.value,
    again: () => take(() => api.send("POST", ADDRESS)),
    more,
  };
}

/**
 * @param {object} props
 * @param {CourseList} props.list
 * @param {boolean} props.failed
 * @param {() => void} props.again
 * @param {() => void} props.more
 */
function Group({ list, failed, again, more }) {
  const { state } = useRoom();
  const id = useId();
  const shown = useSignal(STEP);
  const people = absentees(list.people, state);
  const n = list.whole ? people.length : list.absent;
  const chosen = useSignal(/** @type {boolean | null} */ (null));
  const open = chosen.value ?? n <= FEW;
  const told = list.asked_at !== null;
  const further = people.length > shown.value || (!list.whole && list.next !== null);
  const showMore = () => {
    if (people.length <= shown.value) more();
    shown.value += STEP;
  };
  return html`<section class="not-here" aria-labelledby=${id}>
    <div class="not-here-head">
      <h3 id=${id}>
        ${
          told && n > 0
            ? html`<button type="button" class="disclosure" aria-expanded=${String(open)} onClick=${() => {
                chosen.value = !open;
              }}><${Icon} name="chevron" /><span>${t("absent.title", { n })}</span></button>`
            : t("absent.none_title")
        }
      </h3>
      <${Button} look="quiet small" label=${t("absent.refresh")} name=${t("absent.refresh_name")} onPress=${again} />
    </div>
    <${State} list=${list} failed=${failed} n=${n} />
    ${
      told &&
      open &&
      n > 0 &&
      html`<ul aria-labelledby=${id}>
          ${people.slice(0, shown.value).map((person) => html`<${Absent} key=${person.id} person=${person} />`)}
        </ul>
        ${further && html`<${Button} look="quiet small" label=${t("list.more")} onPress=${showMore} />`}`
    }
  </section>`;
}

/** What there is to say beside the names. @param {{list: CourseList, failed: boolean, n: number}} props */
function State({ list, failed, n }) {
  const { state } = useRoom();
  useEffect(keepTime, []);
  const { asked_at: at, asking, complete, error, total } = list;
  const minutes = at === null ? 0 : Math.floor((serverTime(state, now.value) - at) / 60);
  const age = minutes < 1 ? t("absent.read_now") : t("absent.read_minutes", { n: minutes });
  return html`<div class="not-here-state">
    <div role="status">
      ${asking && html`<p class="nothing">${t("absent.asking")}</p>`}
      ${failed && html`<p class="nothing">${t("absent.error.offline")}</p>`}
      ${
        !failed &&
        !asking &&
        error &&
        html`<p class="nothing">${t(`absent.error.${ERRORS.has(error) ? error : "other"}`)}</p>`
      }
      ${at !== null && n === 0 && html`<p class="nothing">${t(total === 0 ? "absent.empty" : "absent.everybody")}</p>`}
      ${!complete && html`<p class="nothing">${t("absent.incomplete", { n: total })}</p>`}
    </div>
    ${at !== null && n > 0 && html`<p class="nothing">${age}</p>`}
  </div>`;
}

/** @param {{list: CourseList, search: string}} props */
function Found({ list, search }) {
  const { state } = useRoom();
  const id = useId();
  const people = named(absentees(list.people, state), search);
  if (people.length === 0) return null;
  return html`<section aria-labelledby=${id}>
    <h3 id=${id}>${t("absent.title", { n: people.length })}</h3>
    <ul aria-labelledby=${id}>
      ${people.slice(0, STEP).map((person) => html`<${Absent} key=${person.id} person=${person} />`)}
    </ul>
  </section>`;
}

/** @param {{person: CoursePerson}} props */
function Absent({ person }) {
  const { id, name, role } = person;
  return html`<li class="person">
    <${Avatar} id=${id} name=${name} />
    <span class="person-name"><bdi>${name}</bdi></span>
    ${role !== "attendee" && html`<span class="person-role">${t(`role.${role}`)}</span>`}
  </li>`;
}
