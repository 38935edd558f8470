/**
 * The people and the room of the gallery.
 *
 * @typedef {import("../../../static/js/wire/types").Snapshot} Snapshot
 */

export const NAMES = Object.freeze([
  "Elena Marín",
  "Amara Okafor",
  "Jonas Weber",
  "Mei Tanaka",
  "Liam O’Connor",
  "Priya Nair",
  "Yusuf Demir",
  "Chloé Laurent",
  "Noah Kim",
  "Sofia Rossi",
  "Tomás Silva",
  "Ingrid Solberg",
  "Kwame Mensah",
  "Hana Novák",
  "Omar Haddad",
  "Zoë Janssen",
  "Luca Bianchi",
  "Aisha Khan",
  "Pavel Horák",
  "Grace Mwangi",
  "Diego Ruiz",
  "Lena Fischer",
  "Arjun Patel",
  "Maja Nilsson",
  "Ren Sato",
]);

const WITHOUT_CAMERA = new Set([
  "Jonas Weber",
  "Liam O’Connor",
  "Priya Nair",
  "Noah Kim",
  "Ingrid Solberg",
  "Omar Haddad",
  "Aisha Khan",
  "Diego Ruiz",
  "Maja Nilsson",
]);
const MUTED = new Set([
  "Mei Tanaka",
  "Liam O’Connor",
  "Priya Nair",
  "Sofia Rossi",
  "Hana Novák",
  "Aisha Khan",
  "Lena Fischer",
]);
const NOW = Math.floor(Date.now() / 1000);

/** @param {string} name */
export function idOf(name) {
  return `p_${name
    .normalize("NFD")
    .replace(/[^a-z]/gi, "")
    .toLowerCase()}`;
}

/** @param {string} name */
function roleOf(name) {
  return name === "Elena Marín" ? /** @type {const} */ ("host") : /** @type {const} */ ("attendee");
}

/** @param {string} name @param {number} at @returns {import("../../../static/js/wire/types").OnStage} */
function onStage(name, at) {
  return {
    id: idOf(name),
    name,
    role: roleOf(name),
    microphone: !MUTED.has(name),
    camera: !WITHOUT_CAMERA.has(name),
    screen: false,
    since: NOW - 1000 + at,
    away_until: null,
  };
}

/** @param {string} name @param {string} text @param {number} minute */
function said(name, text, minute) {
  const at = NOW - 600 + minute * 60;
  return { seq: `${at}-0`, from: idOf(name), name, text, at };
}

export const CHAT = Object.freeze([
  said("Jonas Weber", "Is the second messenger always cAMP?", 1),
  said("Priya Nair", "Not always: calcium and IP3 count too.", 2),
  said("Mei Tanaka", "Slide 14 has the table 👍 https://example.org/slides#14", 2.2),
  said("Chloé Laurent", "Could we see the receptor picture again?", 4),
  said("Noah Kim", "I have the same question as Chloé.", 5),
  said("Elena Marín", "Yes, right after Amara’s answer.", 5.2),
]);

/**
 * @param {string} name  who looks at the room
 * @param {string[]} stage
 * @param {Partial<Snapshot>} [change]
 * @returns {Snapshot}
 */
export function snapshotFor(name, stage, change = {}) {
  const seats = stage.map(onStage);
  const people = NAMES.map((one) => ({ id: idOf(one), name: one, role: roleOf(one) }));
  const role = roleOf(name);
  return {
    protocol: 1,
    version: 10,
    versions: { everyone: 10, me: 10, ...(role === "host" ? { staff: 10 } : {}) },
    now: Date.now() / 1000,
    room: {
      id: "r_gallery",
      title: "Cell signalling seminar",
      course: "Biology 101",
      access: "request",
      leaving_allowed: false,
      schedule: { start: null, end: null, opens_at: null },
      seats: 25,
      session: { id: "s_1", started_at: NOW - 1450 },
    },
    me: {
      id: idOf(name),
      name,
      role,
      place: stage.includes(name) ? "on_stage" : "viewer",
      grants: [],
      entered: true,
      invitation: null,
      requested_at: null,
    },
    stage: seats,
    screens: [],
    hands: [],
    roles: {},
    roster: { people, total: people.length, viewers: people.length - seats.length, complete: true },
    chat: [...CHAT],
    live: { connection: "c_this", kind: "tab" },
    connection: "c_this",
    speaking: stage.includes("Amara Okafor") ? [idOf("Amara Okafor")] : [],
    process: "w_1",
    ...(role === "host" ? { requests: [], invitations: [], removed: [] } : {}),
    ...change,
  };
}

/** @param {string} name @param {number} ago */
export function timed(name, ago) {
  return { id: idOf(name), name, at: NOW - ago };
}
