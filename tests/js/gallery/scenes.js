/**
 * Every view and state of the room worth looking at, by name.
 *
 * @typedef {import("./gallery.js").Studio} Studio
 * @typedef {(studio: Studio) => void} Scene
 */
import { speak } from "../../../static/js/i18n/t.js";
import { arabic } from "./arabic.js";
import { ledger } from "./ledger.js";
import { idOf, NAMES, snapshotFor, timed } from "./people.js";

const FIVE = NAMES.slice(0, 5);
const HANDS = [timed("Priya Nair", 60), timed("Noah Kim", 30)];
const ABSENT = ["Aarav Sharma", "Beatriz Lopes", "Chidi Eze", "Dilnoza Karimova", "Élodie Martin"];
const ASKING = [timed("Yusuf Demir", 10), timed("Chloé Laurent", 70)];

/** @param {Studio} studio @param {Partial<import("../../../static/js/wire/types").Snapshot>} [change] @param {readonly string[]} [stage] */
function viewer(studio, change = {}, stage = FIVE) {
  studio.welcome(snapshotFor("Noah Kim", [...stage], change));
}

/** @param {Studio} studio @param {Partial<import("../../../static/js/wire/types").Snapshot>} [change] */
function moderator(studio, change = {}) {
  studio.page.teaches = true;
  studio.welcome(snapshotFor("Elena Marín", [...FIVE], { hands: HANDS, requests: ASKING, ...change }));
}

/** @param {Studio} studio @param {import("../../../static/js/ui/grades/types").Book} book */
function grades(studio, book) {
  moderator(studio, { requests: [] });
  studio.answers["/api/grades"] = book;
  studio.page.dialog.value = "grades";
}

/** @param {string} name @param {Partial<import("../../../static/js/wire/types").Snapshot["room"]>} facts */
function roomOf(name, facts) {
  return { room: { ...snapshotFor(name, []).room, ...facts } };
}

/** @param {Partial<import("../../../static/js/wire/types").Me>} facts */
function meOf(facts) {
  return { me: { ...snapshotFor("Noah Kim", []).me, ...facts } };
}

/** @param {number} seconds @param {boolean} [ready] */
function invited(seconds, ready = false) {
  const invitation = {
    by: idOf("Elena Marín"),
    by_name: "Elena Marín",
    until: Date.now() / 1000 + seconds,
    getting_ready: ready,
  };
  return meOf({ place: "invited", invitation });
}

/** @param {Studio} studio */
function react(studio) {
  const names = ["Priya", "Sofia", "Mei"];
  const send = () =>
    studio.store.dispatch({
      kind: "reactions",
      reactions: ["clap", "idea", "heart"].map((emoji, at) => ({
        emoji,
        count: at === 2 ? 12 : 1,
        names: [names[at] ?? ""],
      })),
    });
  send();
  setInterval(send, 1500);
}

/** A host before a nearly empty room. @param {Studio} studio */
function alone(studio) {
  const roster = { complete: true, people: [], viewers: 0, total: 2 };
  const change = { requests: [], hands: [], roster, ...roomOf("Elena Marín", { access: "everyone" }) };
  studio.welcome(snapshotFor("Elena Marín", ["Elena Marín", "Amara Okafor"], change));
}

/** The list of the course, as the server tells it. @param {string[]} names */
function courseOf(names) {
  const idFor = (/** @type {string} */ name) => idOf(name) + name.replace(/\D/g, "");
  const people = names.map((name) => ({ id: idFor(name), name, role: "attendee", here: false }));
  const teachers = names.length > 2 ? [{ id: "p_zoe", name: "Zoë Janssen", role: "host", here: false }] : [];
  return {
    asking: false,
    error: null,
    asked_at: Date.now() / 1000 - 130,
    complete: true,
    total: names.length + teachers.length,
    absent: names.length,
    whole: true,
    people: [...people, ...teachers],
    next: null,
  };
}

/** @type {Record<string, Scene>} */
export const SCENES = {
  devices: (studio) => {
    studio.page.view.value = "devices";
    viewer(studio, { ...roomOf("Noah Kim", { access: "everyone" }), ...meOf({ entered: false }) });
  },
  devices_blocked: (studio) => {
    studio.page.view.value = "devices";
    studio.devices.refuse("blocked");
    viewer(studio, meOf({ entered: false }));
  },
  devices_framed: (studio) => {
    studio.page.view.value = "devices";
    studio.devices.refuse("framed");
    viewer(studio, meOf({ entered: false }));
  },
  viewer: (studio) => {
    viewer(studio, { hands: [] });
    studio.page.panel.value = "chat";
    react(studio);
  },
  viewer_plain: (studio) => viewer(studio),
  requested: (studio) => {
    viewer(studio, { ...meOf({ place: "requested", requested_at: 1 }), hands: HANDS });
    studio.page.panel.value = "chat";
    studio.store.tell({ as: "confirm", tone: "tint", key: "hand.self", args: { n: 2 } });
  },
  declined: (studio) => {
    viewer(studio);
    studio.store.tell({
      as: "notice",
      tone: "surface",
      key: "declined.self",
      action: { label: "act.ask", run: "ask" },
      topic: "stage",
    });
  },
  moderator: (studio) => {
    moderator(studio);
    studio.page.panel.value = "chat";
  },
  participants: (studio) => {
    moderator(studio);
    studio.page.panel.value = "participants";
    studio.page.unread.value = 3;
  },
  not_here: (studio) => {
    alone(studio);
    studio.answers["/api/course-people"] = courseOf(["Amara Okafor", ...ABSENT]);
    studio.page.panel.value = "participants";
  },
  not_here_many: (studio) => {
    alone(studio);
    const many = Array.from({ length: 500 }, (_, at) => `Student ${String(at).padStart(3, "0")} Crowd`);
    studio.answers["/api/course-people"] = courseOf(many);
    studio.page.panel.value = "participants";
  },
  not_here_error: (studio) => {
    alone(studio);
    studio.answers["/api/course-people"] = {
      ...courseOf([]),
      error: "names_roles_missing",
      asked_at: null,
    };
    studio.page.panel.value = "participants";
  },
  everybody_here: (studio) => {
    alone(studio);
    studio.answers["/api/course-people"] = courseOf(["Amara Okafor", "Mei Tanaka"]);
    studio.page.panel.value = "participants";
  },
  person_menu: (studio) => {
    moderator(studio);
    studio.page.panel.value = "participants";
    studio.after("[aria-label='Actions for Priya Nair']");
  },
  mode_menu: (studio) => {
    moderator(studio, { requests: [] });
    studio.after("button.pill");
  },
  more_menu: (studio) => {
    moderator(studio, { requests: [] });
    studio.after("[aria-label='More']");
  },
  several: (studio) => {
    moderator(studio, { requests: [...ASKING, timed("Omar Haddad", 5)] });
  },
  invitation: (studio) => viewer(studio, invited(86)),
  invitation_last: (studio) => viewer(studio, invited(17)),
  ready: (studio) => {
    viewer(studio, invited(588, true));
    studio.page.readyFor.value = "invitation";
    studio.page.dialog.value = "ready";
  },
  framed: (studio) => {
    viewer(studio, invited(588, true));
    studio.page.dialog.value = "framed";
  },
  presentation: (studio) => {
    viewer(studio, { screens: [{ id: idOf("Elena Marín"), name: "Elena Marín" }] });
    studio.page.panel.value = "chat";
  },
  presentation_many: (studio) => {
    viewer(studio, { screens: [{ id: idOf("Elena Marín"), name: "Elena Marín" }] }, NAMES);
  },
  one: (studio) => viewer(studio, {}, NAMES.slice(1, 2)),
  on_stage: (studio) => {
    const stage = [...NAMES.slice(0, 8), "Noah Kim"];
    viewer(
      studio,
      {
        ...roomOf("Noah Kim", { access: "everyone" }),
        ...meOf({ place: "on_stage" }),
        speaking: [idOf("Liam O’Connor")],
      },
      stage,
    );
    studio.page.unread.value = 2;
  },
  muted_by: (studio) => {
    const stage = [...NAMES.slice(0, 4), "Sofia Rossi"];
    studio.welcome(snapshotFor("Sofia Rossi", stage));
    studio.store.tell({
      as: "notice",
      tone: "surface",
      key: "muted.self",
      args: { name: "Elena Marín" },
      action: { label: "act.unmute", run: "unmute" },
      topic: "microphone",
    });
  },
  twenty_five: (studio) => {
    moderator(studio, {
      ...snapshotFor("Elena Marín", [...NAMES], { speaking: [idOf("Chloé Laurent")] }),
      requests: [],
      ...roomOf("Elena Marín", { access: "everyone" }),
    });
    studio.page.unread.value = 4;
  },
  away: (studio) => {
    const snapshot = snapshotFor("Noah Kim", [...FIVE]);
    const stage = snapshot.stage.map((one, at) =>
      at === 3 ? { ...one, away_until: Date.now() / 1000 + 20 } : one,
    );
    viewer(studio, { stage, hands: [timed("Jonas Weber", 5)] });
  },
  empty: (studio) => viewer(studio, { ...roomOf("Noah Kim", { access: "everyone" }), chat: [] }, []),
  empty_chat: (studio) => {
    viewer(studio, { chat: [] }, []);
    studio.page.panel.value = "chat";
  },
  full: (studio) => viewer(studio, roomOf("Noah Kim", { access: "everyone", seats: 5 })),
  lost: (studio) => {
    viewer(studio, meOf({ place: "requested" }));
    studio.store.link.value = { state: "lost", since: Date.now() - 6000, failure: null };
  },
  weak: (studio) => {
    viewer(studio);
    studio.live.weak.value = true;
    studio.live.paused.value = new Set([`${idOf("Amara Okafor")}/camera`, `${idOf("Mei Tanaka")}/camera`]);
  },
  other_tab: (studio) => viewer(studio, { live: { connection: "c_other", kind: "tab" } }),
  other_window: (studio) => viewer(studio, { live: { connection: "c_other", kind: "window" } }),
  window_blocked: (studio) => {
    viewer(studio);
    studio.page.windowOpenedAt.value = Date.now() - 9000;
  },
  hear: (studio) => {
    viewer(studio);
    studio.page.soundBlocked.value = true;
  },
  tray: (studio) => {
    viewer(studio);
    studio.page.tray.value = true;
  },
  settings: (studio) => {
    moderator(studio, { requests: [] });
    studio.page.dialog.value = "settings";
  },
  grades: (studio) => grades(studio, ledger()),
  grades_all: (studio) => {
    grades(studio, ledger());
    studio.answers["/api/grades?session="] = ledger({ session: null });
    studio.choose(".grades-picker select", "");
    studio.after(".grades-rules summary");
  },
  grades_changed: (studio) => {
    grades(studio, ledger());
    studio.choose("[data-person] select", "excused");
    studio.after(".grades-span button");
  },
  grades_never_came: (studio) => {
    const found = ledger({ to_send: 22 });
    const nothing = { seconds: 0, share: 0, first: null, last: null };
    const there = { status: "absent", automatic: "absent", ...nothing };
    const missing = { never_came: true, points: 0, state: "left_out", sent_at: null, there };
    const excused = { ...missing, points: null, state: "none", there: { ...there, status: "excused" } };
    const [one, ...more] = found.people.filter(({ name }) => name.startsWith("A"));
    for (const line of more) Object.assign(line, missing);
    Object.assign(one ?? {}, excused);
    found.never_came = { ...found.never_came, n: 4, undecided: 3, complete: false };
    grades(studio, found);
  },
  grades_offered_none: (studio) => {
    const gradebook = { platform: "moodle", name: "School", obstacle: "not_offered", made: true };
    grades(studio, ledger({ gradebook, to_send: 0 }));
  },
  grades_moderator: (studio) => grades(studio, ledger({ may_send: false, graded: false })),
  grades_empty: (studio) => grades(studio, ledger({ sessions: [], people: [], to_send: 0 })),
  my_attendance: (studio) => {
    viewer(studio);
    const [me] = ledger().people;
    studio.answers["/api/grades/mine"] = {
      sessions: ledger().sessions.map((one) => ({ ...one, ...me?.there })),
    };
    studio.page.dialog.value = "my_attendance";
  },
  keys: (studio) => {
    viewer(studio);
    studio.page.dialog.value = "keys";
  },
  question: (studio) => {
    moderator(studio, { requests: [] });
    studio.page.question.value = {
      question: "remove.question",
      args: { name: "Jonas Weber" },
      yes: "act.remove",
      run: () => {},
    };
  },
  left: (studio) => {
    studio.page.view.value = "left";
    studio.page.returnUrl.value = "https://course.example/";
  },
  ended: (studio) => {
    studio.page.failure.value = { code: "session_ended", message: "" };
    studio.page.view.value = "left";
    studio.page.returnUrl.value = "https://course.example/";
  },
  error: (studio) => studio.page.fail("ticket_expired", ""),
  arabic: (studio) => {
    speak("ar", arabic);
    document.documentElement.lang = "ar";
    document.documentElement.dir = "rtl";
    moderator(studio, { requests: [ASKING[0] ?? timed("Yusuf Demir", 1)] });
    studio.page.panel.value = "participants";
  },
};
