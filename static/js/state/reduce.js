/**
 * The room as this page knows it, as one pure function of what the server says. Mirrors
 * `lti_room/rooms/apply.py`: an event states what happened, so it is never refused here.
 *
 * @typedef {import("./types").RoomState} RoomState
 * @typedef {import("../wire/types").Message} Message
 * @typedef {import("../wire/types").RoomEvent} RoomEvent
 * @typedef {import("../wire/types").Snapshot} Snapshot
 */
import { enterEvent } from "./events.js";

const CHAT_KEPT = 500;

/**
 * @param {RoomState | null} state
 * @param {Message} message
 * @returns {RoomState | null}
 */
export function reduce(state, message) {
  if (message.kind === "snapshot") return fromSnapshot(message.snapshot, message.receivedAt, state);
  if (state === null) return null;
  switch (message.kind) {
    case "missed":
      return afterMissed(state, message.missed);
    case "event":
      return afterEvent(state, message.event);
    case "chat":
      return { ...state, chat: withChat(state.chat, [message.chat]) };
    case "roster":
      return afterRoster(state, message.change);
    case "speaking":
      return { ...state, speaking: message.participants };
    case "live":
      return { ...state, live: message.live };
    default:
      return state;
  }
}

/**
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState}
 */
export function afterEvent(state, event) {
  const named = event.people ? { ...state, names: { ...state.names, ...event.people } } : state;
  return enterEvent(named, event);
}

/** The person pressed "Join as viewer" on this page. @param {RoomState} state @returns {RoomState} */
export function afterEntering(state) {
  return { ...state, me: { ...state.me, entered: true } };
}

/**
 * @param {Snapshot} snapshot
 * @param {number} receivedAt  own clock, milliseconds
 * @param {RoomState | null} before
 * @returns {RoomState}
 */
function fromSnapshot(snapshot, receivedAt, before) {
  const lines = (before?.chat ?? []).filter((entry) => "line" in entry);
  return {
    room: snapshot.room,
    me: snapshot.me,
    stage: snapshot.stage,
    screens: snapshot.screens ?? [],
    requests: snapshot.requests ?? [],
    invitations: snapshot.invitations ?? [],
    removed: snapshot.removed ?? [],
    hands: snapshot.hands,
    roles: snapshot.roles,
    roster: snapshot.roster,
    chat: [...lines, ...snapshot.chat].sort((one, other) => one.at - other.at),
    live: snapshot.live,
    connection: snapshot.connection,
    speaking: snapshot.speaking,
    clockAhead: snapshot.now - receivedAt / 1000,
    names: { ...before?.names, ...namesIn(snapshot) },
  };
}

/** @param {Snapshot} snapshot */
function namesIn(snapshot) {
  const lists = [
    snapshot.stage,
    snapshot.roster.people,
    snapshot.hands,
    snapshot.requests,
    snapshot.invitations,
  ];
  /** @type {Record<string, string>} */
  const names = { [snapshot.me.id]: snapshot.me.name };
  for (const list of lists) for (const { id, name } of list ?? []) names[id] = name;
  return names;
}

/**
 * @param {RoomState} state
 * @param {import("../wire/types").Missed} missed
 * @returns {RoomState}
 */
function afterMissed(state, missed) {
  const moved = missed.missed.reduce(afterEvent, state);
  return {
    ...moved,
    chat: withChat(moved.chat, missed.chat),
    live: missed.live ?? moved.live,
    roster: missed.roster ?? moved.roster,
    speaking: [],
  };
}

/**
 * @param {import("./types").ChatEntry[]} chat
 * @param {Array<import("../wire/types").ChatMessage | import("../wire/types").ChatRemoval>} news
 */
function withChat(chat, news) {
  const entries = new Map(chat.map((entry) => [entry.seq, entry]));
  for (const entry of news) {
    if ("removed" in entry) entries.delete(entry.seq);
    else entries.set(entry.seq, entry);
  }
  return [...entries.values()].slice(-CHAT_KEPT);
}

/**
 * @param {RoomState} state
 * @param {import("../wire/types").RosterChange} change
 * @returns {RoomState}
 */
function afterRoster(state, change) {
  const joined = change.joined ?? [];
  const gone = new Set([...(change.left ?? []), ...joined.map((person) => person.id)]);
  const complete = change.complete ?? state.roster.complete;
  const kept =
    complete && !state.roster.complete ? [] : state.roster.people.filter((person) => !gone.has(person.id));
  const people = [...kept, ...joined];
  const names = Object.fromEntries(joined.map((person) => [person.id, person.name]));
  return {
    ...state,
    names: { ...state.names, ...names },
    roster: { people, complete, viewers: change.viewers, total: change.people },
  };
}
