/**
 * What each room event does to the state of this page.
 *
 * @typedef {import("./types").RoomState} RoomState
 * @typedef {import("../wire/types").RoomEvent} RoomEvent
 * @typedef {import("../wire/types").StageMoved} StageMoved
 */
import { after } from "./stage.js";

const GIVES_INVITATION = new Set(["approve", "invite"]);
const COMES_ON_STAGE = new Set(["accept", "join"]);
const GOES_FROM_STAGE = new Set(["leave", "remove", "depart"]);

/**
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState}
 */
export function enterEvent(state, event) {
  switch (event.type) {
    case "room_opened": {
      const { title, course, access, seats } = event;
      return inRoom(state, { title, course, access, seats });
    }
    case "session_started":
      return inRoom(state, { session: { id: event.session, started_at: event.at } });
    case "session_ended":
      return afterSession(state);
    case "access_set":
      return inRoom(state, { access: event.access });
    case "title_set":
      return inRoom(state, { title: event.title });
    case "schedule_set": {
      const { start, end, early } = event;
      return inRoom(state, { schedule: { start, end, opens_at: start === null ? null : start - early } });
    }
    case "leaving_allowed":
      return inRoom(state, { leaving_allowed: event.allowed });
    case "stage_moved":
      return afterMove(state, event, event.at);
    case "invitation_extended":
      return afterExtension(state, event);
    case "source_switched":
      return afterSwitch(state, event);
    case "hand_raised":
      return { ...state, hands: [...without(state.hands, event.participant), hand(state, event)] };
    case "hand_lowered":
      return { ...state, hands: without(state.hands, event.participant) };
    case "role_given":
      return afterRole(state, event);
    case "grant_given":
      return afterGrant(state, event);
    case "removed_from_room":
      return { ...state, removed: [...without(state.removed, event.participant), named(state, event)] };
    case "readmitted":
      return { ...state, removed: without(state.removed, event.participant) };
    case "connection_lost":
      return onStage(state, event.participant, { away_until: event.until });
    case "connection_back":
      return onStage(state, event.participant, { away_until: null });
    default:
      return state;
  }
}

/** @param {RoomState} state @param {Partial<import("../wire/types").RoomFacts>} facts @returns {RoomState} */
function inRoom(state, facts) {
  return { ...state, room: { ...state.room, ...facts } };
}

/** @param {RoomState} state @param {Partial<import("../wire/types").Me>} facts @returns {RoomState} */
function inMe(state, facts) {
  return { ...state, me: { ...state.me, ...facts } };
}

/**
 * @param {RoomState} state
 * @param {string} id
 * @param {Partial<import("../wire/types").OnStage>} facts
 * @returns {RoomState}
 */
function onStage(state, id, facts) {
  return { ...state, stage: state.stage.map((one) => (one.id === id ? { ...one, ...facts } : one)) };
}

/**
 * @template {{id: string}} T
 * @param {T[]} list
 * @param {string} id
 */
function without(list, id) {
  return list.some((one) => one.id === id) ? list.filter((one) => one.id !== id) : list;
}

/** @param {RoomState} state @param {{participant: string}} event */
function named(state, { participant }) {
  return { id: participant, name: state.names[participant] ?? "" };
}

/** @param {RoomState} state @param {{participant: string, at: number}} event */
function hand(state, event) {
  return { ...named(state, event), at: event.at };
}

/** Mode, title, settings and given roles stay. @param {RoomState} state @returns {RoomState} */
function afterSession(state) {
  const cleared = {
    stage: [],
    screens: [],
    requests: [],
    invitations: [],
    hands: [],
    chat: [],
    speaking: [],
  };
  const settled = /** @type {const} */ ({ place: "viewer", invitation: null, requested_at: null });
  return inMe(inRoom({ ...state, ...cleared }, { session: null }), settled);
}

/** @param {RoomState} state @param {StageMoved} event @param {number} at @returns {RoomState} */
function afterMove(state, event, at) {
  const moved = {
    ...state,
    requests: requestsAfter(state, event, at),
    invitations: invitationsAfter(state, event),
    stage: stageAfter(state, event, at),
    screens: GOES_FROM_STAGE.has(event.move) ? without(state.screens, event.participant) : state.screens,
    hands: COMES_ON_STAGE.has(event.move) ? without(state.hands, event.participant) : state.hands,
    chat: COMES_ON_STAGE.has(event.move) ? [...state.chat, joinedLine(state, event, at)] : state.chat,
  };
  return event.participant === state.me.id ? meAfter(moved, event, at) : moved;
}

/** @param {RoomState} state @param {StageMoved} event @param {number} at @returns {RoomState} */
function meAfter(state, event, at) {
  return inMe(state, {
    place: after(state.me.place, event.move),
    requested_at: event.move === "ask" ? at : null,
    invitation: GIVES_INVITATION.has(event.move) ? invitation(state, event) : null,
  });
}

/** @param {RoomState} state @param {StageMoved} event @param {number} at */
function requestsAfter(state, event, at) {
  const others = without(state.requests, event.participant);
  return event.move === "ask" ? [...others, { ...named(state, event), at }] : others;
}

/** @param {RoomState} state @param {StageMoved} event */
function invitationsAfter(state, event) {
  const others = without(state.invitations, event.participant);
  if (!GIVES_INVITATION.has(event.move)) return others;
  return [...others, { ...named(state, event), ...invitation(state, event) }];
}

/** @param {RoomState} state @param {StageMoved} event */
function invitation(state, event) {
  const name = event.by === null ? "" : (state.names[event.by] ?? "");
  return { by: event.by, by_name: name, until: event.until ?? 0, getting_ready: false };
}

/** @param {RoomState} state @param {StageMoved} event @param {number} at */
function stageAfter(state, event, at) {
  if (GOES_FROM_STAGE.has(event.move)) return without(state.stage, event.participant);
  if (!COMES_ON_STAGE.has(event.move)) return state.stage;
  const newcomer = {
    ...named(state, event),
    role: event.role ?? "attendee",
    microphone: event.microphone,
    camera: event.camera,
    screen: false,
    since: at,
    away_until: null,
  };
  return [...without(state.stage, event.participant), newcomer];
}

/**
 * @param {RoomState} state
 * @param {StageMoved} event
 * @param {number} at
 * @returns {import("./types").ChatLine}
 */
function joinedLine(state, event, at) {
  return { seq: `${event.participant}@${at}`, line: "joined_stage", name: named(state, event).name, at };
}

/** @param {RoomState} state @param {{participant: string, until: number, getting_ready: boolean}} event */
function afterExtension(state, { participant, until, getting_ready }) {
  const longer = { until, getting_ready };
  const invitations = state.invitations.map((one) => (one.id === participant ? { ...one, ...longer } : one));
  const extended = { ...state, invitations };
  if (participant !== state.me.id || !state.me.invitation) return extended;
  return inMe(extended, { invitation: { ...state.me.invitation, ...longer } });
}

/** A given role of null is one taken away. @param {RoomState} state @param {RoomEvent & {type: "role_given"}} event */
function afterRole(state, { participant, role, becomes }) {
  const roles = { ...state.roles };
  if (role === null) delete roles[participant];
  else roles[participant] = role;
  const now = becomes ?? role;
  if (now === null) return { ...state, roles };
  const people = state.roster.people.map((one) => (one.id === participant ? { ...one, role: now } : one));
  return onStage({ ...state, roles, roster: { ...state.roster, people } }, participant, { role: now });
}

/** Screens are shown from anywhere, also from a viewer's place. @param {RoomState} state @param {RoomEvent & {type: "source_switched"}} event */
function afterSwitch(state, event) {
  const switched = onStage(state, event.participant, { [event.source]: event.on });
  if (event.source !== "screen") return switched;
  const others = without(state.screens, event.participant);
  return { ...switched, screens: event.on ? [...others, named(state, event)] : others };
}

/** @param {RoomState} state @param {RoomEvent & {type: "grant_given"}} event */
function afterGrant(state, { participant, grant, given }) {
  if (participant !== state.me.id) return state;
  const others = state.me.grants.filter((one) => one !== grant);
  return inMe(state, { grants: given ? [...others, grant] : others });
}
