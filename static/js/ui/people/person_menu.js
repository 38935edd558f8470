import { html } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { personActions, roleOf } from "../../state/select.js";
import { Act } from "../../wire/names.js";
import { useRoom } from "../context.js";
import { Menu } from "../parts/menu.js";

/** @type {Readonly<Record<string, string>>} */
const ICONS = Object.freeze({
  approve: "arrow-up",
  decline: "close",
  invite: "arrow-up",
  revoke: "close",
  mute: "microphone-off",
  camera_off: "camera-off",
  lower_hand: "hand",
  make_moderator: "moderator",
  take_role: "moderator",
  remove: "stage-leave",
  remove_from_room: "remove-person",
});
const DESTRUCTIVE = new Set(["remove", "remove_from_room"]);

/** What staff may do to a person, from their tile or their row. */
export function PersonMenu() {
  const { state, page, actions } = useRoom();
  const open = page.personMenu.value;
  if (!open) return null;
  const { id, opener } = open;
  const name = state.names[id] ?? "";
  const items = personActions(state, id).map((action) => ({
    key: action,
    icon: ICONS[action],
    label: t(`act.${action}`),
    destructive: DESTRUCTIVE.has(action),
    run: () => does(actions, action, id, name),
  }));
  const close = () => {
    page.personMenu.value = null;
  };
  return html`<${Menu}
    key=${id}
    name=${t("act.for_person", { name })}
    head=${t("people.person_place", { name, place: placeOf(state, id) })}
    items=${items}
    opener=${opener}
    sheet=${page.size.value === "phone"}
    onClose=${close}
  />`;
}

/** @param {import("../../state/types").RoomState} state @param {string} id */
function placeOf(state, id) {
  const role = roleOf(state, id);
  if (role !== "attendee") return t(`role.${role}`);
  return t(state.stage.some((one) => one.id === id) ? "role.on_stage" : "role.viewer");
}

/** @param {import("../actions.js").Actions} actions @param {string} action @param {string} target @param {string} name */
function does(actions, action, target, name) {
  switch (action) {
    case "mute":
      return actions.act(Act.MUTE, { target, source: "microphone" });
    case "camera_off":
      return actions.act(Act.MUTE, { target, source: "camera" });
    case "make_moderator":
      return actions.act(Act.GIVE_ROLE, { target, role: "moderator" });
    case "take_role":
      return actions.act(Act.GIVE_ROLE, { target, role: null });
    case "remove":
    case "remove_from_room": {
      const run = () => actions.act(action === "remove" ? Act.REMOVE : Act.REMOVE_FROM_ROOM, { target });
      return actions.ask({ question: `${action}.question`, args: { name }, yes: `act.${action}`, run });
    }
    default:
      return actions.act(action, { target });
  }
}
