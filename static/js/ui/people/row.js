import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { handNumber, isStaff, microphoneOf, roleOf } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { IconButton } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { openMenu } from "../room/tile.js";

const ICONS = Object.freeze({ on: "microphone", off: "microphone-off", speaking: "speaking" });

/** One person in the list. @param {{person: import("../../wire/types").Named}} props */
export function Row({ person }) {
  const { state, page } = useRoom();
  const { id, name } = person;
  const mine = id === state.me.id;
  const seat = state.stage.find((one) => one.id === id);
  const role = roleOf(state, id);
  const hand = handNumber(state, id);
  const invited = isStaff(state) && state.invitations.some((one) => one.id === id);
  return html`<li class="person">
    <${Avatar} id=${id} name=${name} />
    <span class="person-name"><bdi>${mine ? t("you.after_name", { name }) : name}</bdi></span>
    ${role !== "attendee" && html`<span class="person-role">${t(`role.${role}`)}</span>`}
    ${invited && html`<span class="person-role">${t("people.invited")}</span>`}
    ${seat?.away_until && html`<span class="person-role">${t("people.away")}</span>`}
    ${hand !== null && html`<span class="hand-badge"><span class="only-spoken">${t("people.hand", { n: hand })}</span><${Icon} name="hand" /><span aria-hidden="true">${hand}</span></span>`}
    ${seat && html`<${Microphone} seat=${seat} mine=${mine} />`}
    ${
      isStaff(state) &&
      !mine &&
      html`<${IconButton}
        icon="dots-upright"
        name=${t("act.for_person", { name })}
        opens="menu"
        expanded=${page.personMenu.value?.id === id}
        onPress=${(/** @type {MouseEvent} */ event) => openMenu(page, id, event)}
      />`
    }
  </li>`;
}

/** Everybody's is shown; one's own is a switch. @param {{seat: import("../../wire/types").OnStage, mine: boolean}} props */
function Microphone({ seat, mine }) {
  const { state, actions } = useRoom();
  const now = microphoneOf(state, seat);
  if (mine) {
    const name = t(seat.microphone ? "act.mute_person" : "act.unmute_person", { name: seat.name });
    const press = () => actions.switch("microphone", !seat.microphone);
    return html`<${IconButton} icon=${ICONS[now]} look=${`person-microphone ${now}`} name=${name} onPress=${press} />`;
  }
  return html`<span class=${`person-microphone ${now}`} role="img" aria-label=${t(`people.microphone.${now}`)}>
    <${Icon} name=${ICONS[now]} />
  </span>`;
}
