import assert from "node:assert/strict";
import { test } from "node:test";
import { linkify } from "../../static/js/ui/room/linkify.js";

/** @param {string} text */
function links(text) {
  return linkify(text).flatMap((piece) => (piece.href ? [piece.text] : []));
}

test("addresses become links, the rest stays text, nothing is lost", () => {
  const text = "See https://example.org/a?b=c#d, then write to mailto:ann@example.org.";
  assert.deepEqual(links(text), ["https://example.org/a?b=c#d", "mailto:ann@example.org"]);
  assert.equal(
    linkify(text)
      .map((piece) => piece.text)
      .join(""),
    text,
  );
});

test("brackets around an address are not part of it, brackets in it are", () => {
  assert.deepEqual(links("(https://example.org/x)"), ["https://example.org/x"]);
  assert.deepEqual(links("https://example.org/a_(b)"), ["https://example.org/a_(b)"]);
});

test("nothing that runs, and no markup, is ever a link", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "http://",
    "mailto:",
    "<b>https</b>",
    "vbscript:x",
  ]) {
    assert.deepEqual(links(text), [], text);
  }
  assert.deepEqual(links('https://example.org/"><script>'), ["https://example.org/"]);
});
