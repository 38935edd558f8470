/** Small rooms for tests: what the server would send. */

/** @typedef {import("../../static/js/wire/types").Snapshot} Snapshot */

/** @param {Partial<Snapshot>} [change] @returns {Snapshot} */
export function snapshot(change = {}) {
  return {
    protocol: 1,
    version: 10,
    versions: { everyone: 10, me: 10 },
    now: 1000,
    room: {
      id: "r_1",
      title: "Seminar",
      course: "Biology",
      access: "request",
      leaving_allowed: false,
      schedule: { start: null, end: null, opens_at: null },
      seats: 25,
      session: { id: "s_1", started_at: 900 },
    },
    me: {
      id: "p_noah",
      name: "Noah Kim",
      role: "attendee",
      place: "viewer",
      grants: [],
      entered: true,
      invitation: null,
      requested_at: null,
    },
    stage: [seat("p_elena", "Elena Marín", { role: "host" })],
    screens: [],
    hands: [],
    roles: {},
    roster: {
      people: [
        person("p_elena", "Elena Marín", "host"),
        person("p_noah", "Noah Kim"),
        person("p_mei", "Mei Tanaka"),
      ],
      total: 3,
      viewers: 2,
      complete: true,
    },
    chat: [],
    live: { connection: "c_1", kind: "tab" },
    connection: "c_1",
    speaking: [],
    process: "w_1",
    ...change,
  };
}

/** The same room for a host. @param {Partial<Snapshot>} [change] */
export function staffSnapshot(change = {}) {
  const base = snapshot();
  return snapshot({
    versions: { everyone: 10, me: 10, staff: 10 },
    me: { ...base.me, id: "p_elena", name: "Elena Marín", role: "host", place: "on_stage" },
    requests: [],
    invitations: [],
    removed: [],
    ...change,
  });
}

/** @param {string} id @param {string} name @param {import("../../static/js/wire/types").Role} [role] */
export function person(id, name, role = "attendee") {
  return { id, name, role };
}

/** @param {string} id @param {string} name @param {Partial<import("../../static/js/wire/types").OnStage>} [change] */
export function seat(id, name, change = {}) {
  /** @type {import("../../static/js/wire/types").Role} */
  const role = "attendee";
  return {
    id,
    name,
    role,
    microphone: true,
    camera: true,
    screen: false,
    since: 950,
    away_until: null,
    ...change,
  };
}

/**
 * An event as it comes over the wire, next in its audience.
 *
 * @param {Record<string, unknown> & {type: string}} fields
 * @returns {import("../../static/js/wire/types").RoomEvent}
 */
export function event(fields) {
  const people = { p_elena: "Elena Marín", p_noah: "Noah Kim", p_mei: "Mei Tanaka" };
  return /** @type {any} */ ({ v: 11, prev: 10, audience: "everyone", at: 1001, people, ...fields });
}

/** A stage move. @param {string} participant @param {import("../../static/js/wire/types").Move} move @param {Record<string, unknown>} [fields] */
export function moved(participant, move, fields = {}) {
  return event({
    type: "stage_moved",
    participant,
    move,
    by: null,
    until: null,
    role: null,
    microphone: false,
    camera: false,
    ...fields,
  });
}
