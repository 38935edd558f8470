import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { after, TRANSITIONS } from "../../static/js/state/stage.js";

/** Reads the table of the room's own rules, so that the two cannot part. */
async function rulesOfTheServer() {
  const text = await readFile(new URL("../../lti_room/rooms/stage.py", import.meta.url), "utf8");
  const table = text.slice(text.indexOf("TRANSITIONS"), text.indexOf("def after"));
  const places = [...table.matchAll(/P\.(\w+): \{([^}]*)\}/g)].map(([, place, moves]) => [
    place?.toLowerCase(),
    Object.fromEntries(
      [...(moves ?? "").matchAll(/M\.(\w+): P\.(\w+)/g)].map(([, move, next]) => [
        move?.toLowerCase(),
        next?.toLowerCase(),
      ]),
    ),
  ]);
  return Object.fromEntries(places);
}

test("the table of moves is the server's", async () => {
  const rules = await rulesOfTheServer();
  assert.equal(Object.keys(rules).length, 4);
  assert.deepEqual(TRANSITIONS, rules);
});

test("a move that does not exist there changes nothing", () => {
  assert.equal(after("on_stage", "ask"), "on_stage");
  assert.equal(after("viewer", "remove"), "viewer");
});
