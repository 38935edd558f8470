import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as names from "../../static/js/wire/names.js";

const python = await readFile(new URL("../../lti_room/realtime/names.py", import.meta.url), "utf8");

/** @param {string} name  of a StrEnum */
function enumOf(name) {
  const body = python.split(`class ${name}(StrEnum):`)[1]?.split(/^class |^REACTIONS/m)[0] ?? "";
  return Object.fromEntries(
    [...body.matchAll(/^ {4}([A-Z_]+) = "(\w+)"/gm)].map(([, key, value]) => [key, value]),
  );
}

test("client messages, server messages and commands are those of the server", () => {
  const here = { ClientMessage: names.ClientMessage, ServerMessage: names.ServerMessage, Act: names.Act };
  for (const [name, values] of Object.entries(here)) {
    const there = enumOf(name);
    assert.ok(Object.keys(there).length > 5, name);
    assert.deepEqual(values, there, name);
  }
});

test("reactions, path, namespace and version too", () => {
  const reactions = python
    .split("REACTIONS: Final")[1]
    ?.match(/"(\w+)"/g)
    ?.map((one) => one.slice(1, -1));
  assert.deepEqual(names.REACTIONS, reactions);
  assert.match(python, new RegExp(`SOCKET_PATH: Final = "${names.SOCKET_PATH}"`));
  assert.match(python, new RegExp(`NAMESPACE: Final = "${names.NAMESPACE}"`));
  assert.match(python, new RegExp(`PROTOCOL_VERSION: Final = ${names.PROTOCOL_VERSION}`));
});
