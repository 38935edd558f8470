// The lines of the check page: every finding says how it is, and what is wrong says what to do in this LMS.

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, textOf } from "../../static/js/check/lines.js";

const AGS = ["lineitem", "score"];

/** @param {object} changes @returns {any} */
function facts(changes = {}) {
  return {
    platform: "moodle",
    name: "School",
    issuer: "https://moodle.example",
    client_id: "abc",
    deployment: "3",
    proven: true,
    from_room: false,
    names_roles: true,
    grade_scopes: AGS,
    has_line_items: true,
    outside: [],
    state: { usable_keys: 1, problem: "", clock_difference: 0.2 },
    now: 1,
    ...changes,
  };
}

/** @param {object} changes @returns {any} */
function browser(changes = {}) {
  const allowed = {
    camera: true,
    microphone: true,
    "display-capture": true,
    autoplay: true,
    fullscreen: true,
  };
  return {
    framed: true,
    allowed,
    storage: true,
    partitioned: true,
    platformStorage: true,
    clock: 0,
    websocket: true,
    media: { connected: true, where: "192.0.2.1:8100", problem: "" },
    ...changes,
  };
}

/** @param {any} known @param {any} tried */
function lines(known, tried) {
  return linesOf(known, tried, "rooms.example", (key) => key);
}

test("where everything works, nothing is to be done", () => {
  const found = lines(facts(), browser());
  assert.deepEqual([...new Set(found.map((line) => line.level))], ["ok"]);
  assert.deepEqual([...new Set(found.map((line) => line.todo))], [""]);
});

for (const platform of ["canvas", "moodle", "sakai", "other"]) {
  test(`what is wrong says what to change in ${platform}`, () => {
    const none = {
      camera: false,
      microphone: false,
      "display-capture": false,
      autoplay: false,
      fullscreen: false,
    };
    const found = lines(
      facts({
        platform,
        proven: false,
        names_roles: false,
        grade_scopes: [],
        outside: ["https://portal.example"],
        state: { usable_keys: 0, problem: "unusable", clock_difference: 90 },
      }),
      browser({
        allowed: none,
        storage: false,
        platformStorage: false,
        clock: 120,
        websocket: false,
        media: { connected: false, where: "", problem: "server" },
      }),
    );
    const wrong = found.filter((line) => line.level !== "ok");
    assert.equal(wrong.length, found.length - 1);
    const silent = wrong.filter((line) => !line.todo).map((line) => line.title);
    assert.deepEqual(silent, ["check.platform_storage"]);
    assert.ok(wrong.some((line) => line.todo.endsWith(`.${platform}`)));
  });
}

test("grades need both line items and scores", () => {
  const line = lines(facts({ grade_scopes: ["score"] }), browser()).find(
    (one) => one.title === "check.grades",
  );
  assert.equal(line?.level, "warn");
});

test("the text for the support desk has every line", () => {
  const found = lines(facts({ names_roles: false }), browser());
  const text = textOf(found, "Head", { ok: "fine", warn: "look", fail: "fix" });
  assert.equal(text.split("\n").filter((row) => row.startsWith("[")).length, found.length);
  assert.match(text, /\[look\] check\.names: check\.missing\n {4}check\.names\.moodle/);
});
