import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { de } from "../../static/js/i18n/de.js";
import { en } from "../../static/js/i18n/en.js";
import { countdown, directionOf, duration, parts, speak, t } from "../../static/js/i18n/t.js";

const code = new URL("../../static/js/", import.meta.url);

async function sources() {
  const names = await readdir(code, { recursive: true });
  const own = names.filter((name) => /^(ui|state)\/.*\.js$/.test(name) || name === "room.js");
  return Promise.all(own.map(async (name) => ({ name, text: await readFile(new URL(name, code), "utf8") })));
}

test("names fill in, plurals follow the number", () => {
  assert.equal(t("asked.staff", { name: "Mei" }), "Mei asks to join the stage.");
  assert.equal(
    t("banner.lost_kept", { n: 1 }),
    "Connection lost. Trying again. Your place is kept for 1 second.",
  );
  assert.equal(
    t("banner.lost_kept", { n: 24 }),
    "Connection lost. Trying again. Your place is kept for 24 seconds.",
  );
});

test("a name with braces is left alone", () => {
  assert.equal(t("asked.staff", { name: "{n}" }), "{n} asks to join the stage.");
});

test("a sentence comes in pieces, so that a name can be an element", () => {
  const name = { element: "b" };
  assert.deepEqual(parts("hand.staff", { name }), [name, " raised a hand."]);
});

test("an unknown sentence is an error, not an empty button", () => {
  assert.throws(() => t("no.such.sentence"));
});

test("another language fills in, what it lacks stays English", () => {
  speak("de", { "act.mute": "Stumm" });
  assert.equal(t("act.mute"), "Stumm");
  assert.equal(t("act.unmute"), "Unmute");
  assert.equal(t("people.viewers", { n: 1200 }), "Viewers (1.200)");
  speak("en", en);
  assert.equal(directionOf("ar-EG"), "rtl");
});

test("German says every sentence, with the same things filled in", () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  const filled = (/** @type {object} */ catalogue) =>
    Object.entries(catalogue)
      .map(([key, one]) => `${key} ${[...new Set(JSON.stringify(one).match(/\{\w+\}/g))].sort()}`)
      .sort();
  assert.deepEqual(filled(de), filled(en));
});

test("clocks", () => {
  assert.equal(duration(1450), "24:10");
  assert.equal(duration(3849), "1:04:09");
  assert.equal(countdown(85.7), "1:26");
  assert.equal(countdown(600.3), "10:00", "clocks that differ by a moment add no second");
  assert.equal(countdown(-3), "0:00");
});

test("every sentence the code asks for by name is in the catalogue", async () => {
  const missing = [];
  for (const { name, text } of await sources()) {
    const keys = [
      ...text.matchAll(/\bt\("([^"]+)"/g),
      ...text.matchAll(/\b(?:say|empty)="([^"]+)"/g),
      ...text.matchAll(/\b(?:key|label|question|yes|no): "([a-z_]+\.[a-z_.]+)"/g),
      ...text.matchAll(/\b(?:confirm|notice)\("([^"]+)"/g),
    ];
    for (const [, key] of keys) if (key && !(key in en)) missing.push(`${name}: ${key}`);
  }
  assert.deepEqual(missing, []);
});

test("no sentence stands outside the catalogue", async () => {
  const stray = [];
  for (const { name, text } of await sources()) {
    const markup = [...text.matchAll(/>([^<>${}`]*[A-Za-z]{3,}[^<>${}`]*)<\//g)].map(([, words]) =>
      words?.trim(),
    );
    for (const words of markup) if (words && !/[=;()]/.test(words)) stray.push(`${name}: ${words}`);
  }
  assert.deepEqual(stray, []);
});
