/**
 * From what was found to the lines people read: how it is, and what to change in this very LMS. Pure.
 *
 * @typedef {"ok" | "warn" | "fail"} Level
 * @typedef {{level: Level, title: string, said: string, todo: string}} Line
 * @typedef {"canvas" | "moodle" | "sakai" | "other"} Platform
 * @typedef {object} Facts  what the server knows
 * @property {Platform} platform
 * @property {string} name
 * @property {string} issuer
 * @property {string} client_id
 * @property {string} deployment
 * @property {boolean} proven
 * @property {boolean} from_room
 * @property {boolean} names_roles
 * @property {string[]} grade_scopes
 * @property {boolean} has_line_items
 * @property {string[]} outside
 * @property {{usable_keys: number, problem: string, clock_difference: number | null}} state
 * @property {number} now
 *
 * @typedef {object} Browser  what this frame's browser showed
 * @property {boolean} framed
 * @property {Record<string, boolean>} allowed  camera, microphone, display-capture, autoplay, fullscreen
 * @property {boolean} storage  something can be kept here
 * @property {boolean} partitioned  but apart from our other windows
 * @property {boolean} platformStorage  the LMS keeps things for us
 * @property {number} clock  seconds this computer's clock is ahead of the server's
 * @property {boolean} websocket
 * @property {{connected: boolean, where: string, problem: string}} media
 *
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Say
 */

const TOLERABLE_SECONDS = 5;
const LEEWAY_SECONDS = 60;
const FEATURES = /** @type {const} */ ([
  ["camera", "check.camera", "fail"],
  ["microphone", "check.microphone", "fail"],
  ["display-capture", "check.screen", "warn"],
  ["autoplay", "check.autoplay", "warn"],
  ["fullscreen", "check.fullscreen", "warn"],
]);
const ADVICE = Object.freeze({
  frame: {
    canvas: "check.frame.canvas",
    moodle: "check.frame.moodle",
    sakai: "check.frame.sakai",
    other: "check.frame.other",
  },
  screen: {
    canvas: "check.frame.canvas",
    moodle: "check.screen.moodle",
    sakai: "check.frame.sakai",
    other: "check.frame.other",
  },
  names: {
    canvas: "check.names.canvas",
    moodle: "check.names.moodle",
    sakai: "check.names.sakai",
    other: "check.names.other",
  },
  grades: {
    canvas: "check.grades.canvas",
    moodle: "check.grades.moodle",
    sakai: "check.grades.sakai",
    other: "check.grades.other",
  },
  keys: {
    canvas: "check.keys.canvas",
    moodle: "check.keys.moodle",
    sakai: "check.keys.sakai",
    other: "check.keys.other",
  },
});

/** @param {Facts} facts @param {Browser} browser @param {string} host @param {Say} say @returns {Line[]} */
export function linesOf(facts, browser, host, say) {
  const line = (
    /** @type {Level} */ level,
    /** @type {string} */ title,
    /** @type {string} */ said,
    todo = "",
  ) => ({
    level,
    title: say(title),
    said,
    todo,
  });
  return [
    line("ok", "check.registration", `${facts.issuer} · ${facts.client_id} · ${facts.deployment}`),
    launchLine(facts, browser, host, say, line),
    ...clockLines(facts, browser, say, line),
    keysLine(facts, say, line),
    facts.names_roles
      ? line("ok", "check.names", say("check.offered"))
      : line("warn", "check.names", say("check.missing"), say(ADVICE.names[facts.platform])),
    gradesLine(facts, say, line),
    ...FEATURES.map(([feature, title, level]) => {
      if (browser.allowed[feature]) return line("ok", title, say("check.allowed"));
      const todo = feature === "display-capture" ? ADVICE.screen : ADVICE.frame;
      return line(level, title, say("check.forbidden"), say(todo[facts.platform], { host }));
    }),
    storageLine(browser, host, say, line),
    browser.platformStorage
      ? line("ok", "check.platform_storage", say("check.offered"))
      : line(
          facts.proven || browser.storage ? "ok" : "warn",
          "check.platform_storage",
          say("check.platform_storage.none"),
        ),
    browser.websocket
      ? line("ok", "check.websocket", say("check.reached"))
      : line("fail", "check.websocket", say("check.not_reached"), say("check.websocket.todo", { host })),
    mediaLine(browser, say, line),
    facts.outside.length === 0
      ? line("ok", "check.around", say("check.around.none"))
      : line("fail", "check.around", facts.outside.join(", "), say("check.around.todo")),
  ];
}

/** @typedef {(level: Level, title: string, said: string, todo?: string) => Line} MakeLine */

/** @param {Facts} facts @param {Browser} browser @param {string} host @param {Say} say @param {MakeLine} line */
function launchLine(facts, browser, host, say, line) {
  if (facts.proven) return line("ok", "check.launch", say("check.launch.cookie"));
  if (browser.storage) return line("ok", "check.launch", say("check.launch.none"));
  return line("warn", "check.launch", say("check.launch.none"), say("check.launch.todo", { host }));
}

/** @param {Facts} facts @param {Browser} browser @param {Say} say @param {MakeLine} line */
function clockLines(facts, browser, say, line) {
  const lines = [];
  const here = Math.round(browser.clock);
  lines.push(
    Math.abs(here) > LEEWAY_SECONDS
      ? line(
          "warn",
          "check.clock.here",
          say("check.clock.differs", { seconds: Math.abs(here) }),
          say("check.clock.here.todo"),
        )
      : line("ok", "check.clock.here", say("check.clock.agrees")),
  );
  const theirs = facts.state.clock_difference;
  if (theirs !== null) {
    const seconds = Math.round(Math.abs(theirs));
    const level = seconds > LEEWAY_SECONDS ? "fail" : seconds > TOLERABLE_SECONDS ? "warn" : "ok";
    lines.push(
      level === "ok"
        ? line("ok", "check.clock.lms", say("check.clock.agrees"))
        : line(
            level,
            "check.clock.lms",
            say("check.clock.differs", { seconds }),
            say("check.clock.lms.todo"),
          ),
    );
  }
  return lines;
}

/** @param {Facts} facts @param {Say} say @param {MakeLine} line */
function keysLine({ platform, state }, say, line) {
  if (state.usable_keys > 0)
    return line("ok", "check.keys", say("check.keys.usable", { count: state.usable_keys }));
  const why = {
    unreachable: "check.keys.unreachable",
    malformed: "check.keys.malformed",
    unusable: "check.keys.unusable",
  };
  const key = why[/** @type {keyof typeof why} */ (state.problem)] ?? why.malformed;
  return line("fail", "check.keys", say(key), say(ADVICE.keys[platform]));
}

/** @param {Facts} facts @param {Say} say @param {MakeLine} line */
function gradesLine({ platform, grade_scopes: scopes, has_line_items: columns }, say, line) {
  if (scopes.includes("lineitem") && scopes.includes("score") && columns)
    return line("ok", "check.grades", say("check.offered"));
  const some = scopes.length > 0 ? say("check.grades.some", { scopes: scopes.join(", ") }) : "";
  return line("warn", "check.grades", some || say("check.missing"), say(ADVICE.grades[platform]));
}

/** @param {Browser} browser @param {string} host @param {Say} say @param {MakeLine} line */
function storageLine(browser, host, say, line) {
  if (!browser.storage)
    return line("warn", "check.storage", say("check.storage.none"), say("check.launch.todo", { host }));
  const said = browser.partitioned ? "check.storage.partitioned" : "check.storage.whole";
  return line("ok", "check.storage", say(said));
}

/** @param {Browser} browser @param {Say} say @param {MakeLine} line */
function mediaLine({ media }, say, line) {
  if (media.connected) return line("ok", "check.media", say("check.media.reached", { where: media.where }));
  const said = media.problem === "server" ? "check.media.down" : "check.not_reached";
  const todo = media.problem === "server" ? "check.media.down.todo" : "check.media.todo";
  return line("fail", "check.media", say(said), say(todo, { where: media.where }));
}

/**
 * The lines as text for the support desk. Nothing in it is about a person.
 *
 * @param {Line[]} lines @param {string} head @param {Record<Level, string>} words
 */
export function textOf(lines, head, words) {
  const rows = lines.map(
    ({ level, title, said, todo }) => `[${words[level]}] ${title}: ${said}${todo ? `\n    ${todo}` : ""}`,
  );
  return [head, ...rows].join("\n");
}
