/**
 * What follows from the state: who may do what, where this person stands, what to show in which order.
 * The server decides in the end; these only choose what is offered.
 *
 * @typedef {import("./types").RoomState} RoomState
 * @typedef {import("../wire/types").OnStage} OnStage
 */

/** @param {RoomState} state */
export function isStaff(state) {
  return state.me.role !== "attendee";
}

/** Whether this person may join the stage without asking. @param {RoomState} state */
export function hasDirectAccess(state) {
  return isStaff(state) || state.room.access === "everyone" || state.me.grants.includes("join_stage");
}

/** Seconds until this person may come in; 0 when they may. @param {RoomState} state @param {number} now  own clock, milliseconds */
export function opensIn(state, now) {
  const { opens_at } = state.room.schedule;
  if (isStaff(state) || state.me.entered || opens_at === null) return 0;
  return Math.max(0, opens_at - serverTime(state, now));
}

/** @param {RoomState} state */
export function mayLeaveStage(state) {
  return isStaff(state) || state.room.leaving_allowed;
}

/** @param {RoomState} state */
export function mayPresent(state) {
  return isStaff(state) || state.me.grants.includes("present");
}

/**
 * The next step of the stage for this person, if the toolbar offers one.
 *
 * @param {RoomState} state
 * @returns {"join" | "ask" | "cancel" | null}
 */
export function primaryStep(state) {
  if (state.me.place === "on_stage" || state.me.place === "invited") return null;
  if (hasDirectAccess(state)) return "join";
  if (state.me.place === "requested") return "cancel";
  return state.room.access === "request" ? "ask" : null;
}

/** @param {RoomState} state */
export function stageIsFull(state) {
  return state.stage.length >= state.room.seats;
}

/** Whether this page is the one that plays and may publish. @param {RoomState} state */
export function isLivePage(state) {
  return state.live.connection === null || state.live.connection === state.connection;
}

/**
 * Which page of this person is live instead of this one.
 *
 * @param {RoomState} state
 * @returns {"tab" | "window" | null}
 */
export function liveElsewhere(state) {
  return isLivePage(state) ? null : state.live.kind;
}

/**
 * The sentence at the start of the toolbar, as a key of the catalogue.
 *
 * @param {RoomState} state
 * @param {{online: boolean, gettingReady: boolean}} page
 */
export function placeKey(state, { online, gettingReady }) {
  if (!online) return "place.reconnecting";
  const elsewhere = liveElsewhere(state);
  if (elsewhere) return `place.other_${elsewhere}`;
  if (gettingReady) return "place.getting_ready";
  return `place.${state.me.place}`;
}

/** Own tile last, the others in order of joining. @param {RoomState} state */
export function stageOrder(state) {
  const others = state.stage.filter((one) => one.id !== state.me.id);
  const own = state.stage.filter((one) => one.id === state.me.id);
  return [...others, ...own];
}

/** @param {RoomState} state */
export function ownSeat(state) {
  return state.stage.find((one) => one.id === state.me.id) ?? null;
}

/** Who shares a screen, on stage or not; the latest where there are several. @param {RoomState} state */
export function sharer(state) {
  return state.screens.at(-1) ?? null;
}

/** 1 for the first hand; null when it is not up. @param {RoomState} state @param {string} id */
export function handNumber(state, id) {
  const at = state.hands.findIndex((one) => one.id === id);
  return at < 0 ? null : at + 1;
}

/**
 * What a microphone shows.
 *
 * @param {RoomState} state
 * @param {OnStage} seat
 * @returns {"on" | "off" | "speaking"}
 */
export function microphoneOf(state, seat) {
  if (!seat.microphone) return "off";
  return state.speaking.includes(seat.id) ? "speaking" : "on";
}

/**
 * The row above a shared screen: the sharer, who speaks, then the others.
 *
 * @param {RoomState} state
 * @param {string[]} heard  participants by recency of speech, latest first
 */
export function presentationOrder(state, heard) {
  const first = sharer(state)?.id;
  const rank = (/** @type {OnStage} */ one) => {
    if (one.id === first) return -1;
    const at = heard.indexOf(one.id);
    return at < 0 ? heard.length : at;
  };
  return stageOrder(state)
    .map((one, at) => ({ one, at, rank: rank(one) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ one }) => one);
}

/** Viewers as the panel lists them: raised hands first, in order, then by name. @param {RoomState} state */
export function viewers(state) {
  const elsewhere = new Set(state.stage.map((one) => one.id));
  if (isStaff(state)) for (const one of state.requests) elsewhere.add(one.id);
  const people = state.roster.people.filter((one) => !elsewhere.has(one.id));
  const rank = (/** @type {string} */ id) => handNumber(state, id) ?? Number.POSITIVE_INFINITY;
  return people.sort((a, b) => compare(rank(a.id), rank(b.id)) || a.name.localeCompare(b.name));
}

/** @param {number} a @param {number} b */
function compare(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How many watch, as the head of the list says it. @param {RoomState} state */
export function viewerCount(state) {
  if (state.roster.complete) return viewers(state).length;
  const asking = isStaff(state) ? state.requests.length : 0;
  return Math.max(0, state.roster.viewers - asking);
}

/** @param {RoomState} state @param {string} id */
export function roleOf(state, id) {
  const seat = state.stage.find((one) => one.id === id);
  const person = state.roster.people.find((one) => one.id === id);
  return state.roles[id] ?? seat?.role ?? person?.role ?? "attendee";
}

/**
 * What staff may do to a person, in the order of the menu.
 *
 * @param {RoomState} state
 * @param {string} id
 * @returns {string[]}
 */
export function personActions(state, id) {
  if (!isStaff(state) || id === state.me.id) return [];
  const seat = state.stage.find((one) => one.id === id);
  const role = roleOf(state, id);
  const hostOverModerator = role === "host" && state.me.role !== "host";
  const asking = state.requests.some((one) => one.id === id);
  const invited = state.invitations.some((one) => one.id === id);
  /** @type {Array<[boolean, string]>} */
  const offers = [
    [asking, "approve"],
    [asking, "decline"],
    [invited, "revoke"],
    [!seat && !asking && !invited, "invite"],
    [!!seat?.microphone && !hostOverModerator, "mute"],
    [!!seat?.camera && !hostOverModerator, "camera_off"],
    [handNumber(state, id) !== null, "lower_hand"],
    [role === "attendee", "make_moderator"],
    [state.roles[id] === "moderator", "take_role"],
    [!!seat && !hostOverModerator, "remove"],
    [!hostOverModerator, "remove_from_room"],
  ];
  return offers.filter(([offered]) => offered).map(([, action]) => action);
}

/** Seconds the server's clock shows. @param {RoomState} state @param {number} now  own clock, milliseconds */
export function serverTime(state, now) {
  return now / 1000 + state.clockAhead;
}
