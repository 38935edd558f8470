/**
 * What is worth telling this person about an event: pure, so every sentence is tested without a page.
 * What stands in the state anyway (a request waiting, an invitation open) is shown from there.
 *
 * @typedef {import("./types").RoomState} RoomState
 * @typedef {import("./types").Moment} Moment
 * @typedef {import("../wire/types").RoomEvent} RoomEvent
 * @typedef {import("../wire/types").StageMoved} StageMoved
 */
import { handNumber, hasDirectAccess, isStaff } from "./select.js";

/**
 * @param {RoomState} before
 * @param {RoomEvent} event
 * @param {RoomState} state  after the event
 * @returns {Moment[]}
 */
export function momentsOf(before, event, state) {
  switch (event.type) {
    case "stage_moved":
      return event.participant === state.me.id ? ownMove(before, event, state) : movesOfOthers(event, state);
    case "access_set":
      return accessChanged(before, event, state);
    case "source_switched":
      return switchedOff(event, state);
    case "hand_raised":
    case "hand_lowered":
      return handMoved(before, event, state);
    case "role_given":
      return roleGiven(event, state);
    case "session_ended":
      return [{ as: "none", key: "session.ended", speak: "polite" }];
    default:
      return [];
  }
}

/** @param {string} key @param {string} topic  of which only the latest is told @param {Moment["args"]} [args] @returns {Moment} */
function confirm(key, topic, args) {
  return { as: "confirm", tone: "tint", key, ...(args ? { args } : {}), topic, speak: "polite" };
}

/** @param {string} key @param {Partial<Moment>} rest @returns {Moment} */
function notice(key, rest) {
  return { as: "notice", tone: "surface", key, speak: "polite", ...rest };
}

/** @param {RoomState} state @param {string | null} id */
function nameOf(state, id) {
  return (id !== null && state.names[id]) || "";
}

/** @param {RoomState} before @param {StageMoved} event @param {RoomState} state @returns {Moment[]} */
function ownMove(before, event, state) {
  const by = { name: nameOf(state, event.by) };
  switch (event.move) {
    case "ask":
      return [confirm("asked.self", "stage")];
    case "cancel":
      return [confirm("cancelled.self", "stage")];
    case "decline":
      return [declined(state)];
    case "release":
      return event.by === state.me.id ? [] : [canJoinNow(state)];
    case "approve":
    case "invite":
      return [{ as: "none", key: "invited.self", args: by, speak: "assertive", topic: "stage" }];
    case "expire":
      return [confirm("expired.self", "stage")];
    case "revoke":
      return [confirm("revoked.self", "stage")];
    case "reject":
      return [confirm("rejected.self", "stage")];
    case "accept":
    case "join":
      return [{ ...confirm("joined.self", "stage"), speak: "assertive" }];
    case "leave":
      return [confirm("left_stage.self", "stage")];
    case "remove":
      return [notice("removed.self", { args: by, topic: "stage", speak: "assertive" })];
    case "depart":
      return before.me.place === "on_stage" ? [notice("seat_lost.self", { topic: "stage" })] : [];
  }
}

/** A request that ended because the mode closed is told so. @param {RoomState} state @returns {Moment} */
function declined(state) {
  if (state.room.access === "invite") return notice("access.invite.asked", { topic: "stage" });
  const action = { label: "act.ask", run: "ask" };
  return notice("declined.self", { topic: "stage", action });
}

/** @param {RoomState} state @returns {Moment} */
function canJoinNow(state) {
  if (!hasDirectAccess(state)) return confirm("cancelled.self", "stage");
  return notice("access.everyone.asked", { topic: "stage", action: { label: "act.join", run: "join" } });
}

/** @param {StageMoved} event @param {RoomState} state @returns {Moment[]} */
function movesOfOthers(event, state) {
  if (!isStaff(state)) return [];
  const person = { id: event.participant, name: nameOf(state, event.participant) };
  const args = { name: person.name };
  const invite = { label: "act.invite", run: "invite", target: person.id };
  switch (event.move) {
    case "ask":
      return [{ as: "none", key: "asked.staff", args, speak: "polite" }];
    case "cancel":
      return [confirm("cancelled.staff", `asked:${person.id}`, args)];
    case "expire":
      return [notice("expired.staff", { args, person, action: invite, topic: `invited:${person.id}` })];
    case "reject":
      return [confirm("rejected.staff", `invited:${person.id}`, args)];
    default:
      return [];
  }
}

/** @param {RoomState} before @param {RoomEvent & {type: "access_set"}} event @param {RoomState} state @returns {Moment[]} */
function accessChanged(before, event, state) {
  if (event.by === state.me.id || isStaff(state)) return [confirm(`access.${event.access}.staff`, "access")];
  if (before.me.place !== "viewer") return [];
  return [confirm(`access.${event.access}`, "access")];
}

/** @param {RoomEvent & {type: "source_switched"}} event @param {RoomState} state @returns {Moment[]} */
function switchedOff(event, state) {
  const mine = event.participant === state.me.id;
  if (!mine || event.on || event.by === state.me.id || event.source === "screen") return [];
  const args = { name: nameOf(state, event.by) };
  const topic = event.source;
  if (event.source === "microphone") {
    const action = { label: "act.unmute", run: "unmute" };
    return [notice("muted.self", { args, action, topic, speak: "assertive" })];
  }
  return [
    notice("camera_off.self", { args, action: { label: "act.start_camera", run: "start_camera" }, topic }),
  ];
}

/** @param {RoomState} before @param {RoomEvent & {type: "hand_raised" | "hand_lowered"}} event @param {RoomState} state @returns {Moment[]} */
function handMoved(before, event, state) {
  const mine = event.participant === state.me.id;
  if (event.type === "hand_raised") {
    if (mine) return [confirm("hand.self", "hand", { n: handNumber(state, state.me.id) ?? 1 })];
    return isStaff(state)
      ? [confirm("hand.staff", `hand:${event.participant}`, { name: nameOf(state, event.participant) })]
      : [];
  }
  if (!mine || event.by === null || handNumber(before, state.me.id) === null) return [];
  if (event.by === state.me.id) return [confirm("hand.lowered_by_self", "hand")];
  return [confirm("hand.lowered", "hand", { name: nameOf(state, event.by) })];
}

/** @param {RoomEvent & {type: "role_given"}} event @param {RoomState} state @returns {Moment[]} */
function roleGiven(event, state) {
  if (event.participant !== state.me.id || event.role === null) return [];
  return [confirm(`role.${event.role}.self`, "role")];
}
