import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Handoff, HandoffFailed } from "../../static/js/wire/handoff.js";

const BOOT = {
  room: { id: "r_1" },
  participant: { id: "p_1", name: "Noah Kim", role: "attendee" },
  ticket: "working.ticket.x",
  resume: "secret",
  connection: "c_1",
  page: "tab",
};

/**
 * A window with only what the hand-off touches; `answers` are given to fetch one after another.
 *
 * @param {{hash?: string, state?: any, answers?: any[], prerendering?: boolean}} [given]
 * @returns {any}
 */
function aPage({ hash = "", state = null, answers = [], prerendering } = {}) {
  /** @type {any[]} */
  const asked = [];
  /** @type {any[]} */
  const opened = [];
  const document = Object.assign(new EventTarget(), prerendering === undefined ? {} : { prerendering });
  /** @type {any} */
  const page = Object.assign(new EventTarget(), {
    document,
    asked,
    opened,
    crypto: globalThis.crypto,
    location: { pathname: "/rooms/r_1", hash },
    history: {
      state,
      /** @param {any} next @param {string} _ @param {string} address */
      replaceState(next, _, address) {
        this.state = next;
        page.location.hash = "";
        page.location.pathname = address;
      },
    },
    setTimeout: (/** @type {() => void} */ done) => setTimeout(done, 0),
    open: (/** @type {string[]} */ ...how) => opened.push(how),
    fetch: async (/** @type {string} */ address, /** @type {object} */ request) => {
      asked.push({ address, ...request });
      const next = answers.shift();
      if (next === undefined) throw new TypeError("no network");
      return { ok: next.status === 200, status: next.status, json: async () => next.body };
    },
  });
  return page;
}

const refused = (/** @type {number} */ status, /** @type {string} */ code) => ({
  status,
  body: { error: { code, message: "No." } },
});
const ok = (change = {}) => ({ status: 200, body: { ...BOOT, ...change } });

test("the fragment's ticket goes to boot and leaves the address at once", async () => {
  const page = aPage({ hash: "#entry.ticket.x", answers: [ok()] });
  const handoff = new Handoff(page);
  assert.equal(page.location.hash, "");
  assert.deepEqual(page.history.state, { ticket: "entry.ticket.x" });
  const boot = await handoff.start();
  assert.equal(boot.participant.name, "Noah Kim");
  assert.equal(page.asked[0].headers.Authorization, "Bearer entry.ticket.x");
  assert.deepEqual(page.history.state, { ticket: "working.ticket.x" });
  assert.deepEqual(handoff.current(), { ticket: "working.ticket.x", connection: "c_1" });
});

test("the fragment wins over what the history keeps", async () => {
  const page = aPage({ hash: "#new.one.x", state: { ticket: "old.one.x", entered: true }, answers: [ok()] });
  const handoff = new Handoff(page);
  await handoff.start();
  assert.equal(page.asked[0].headers.Authorization, "Bearer new.one.x");
  assert.equal(handoff.entered, false);
});

test("a fragment that is no ticket is ignored", async () => {
  const page = aPage({ hash: "#main", state: { ticket: "old.one.x" }, answers: [ok()] });
  await new Handoff(page).start();
  assert.equal(page.asked[0].headers.Authorization, "Bearer old.one.x");
});

for (const state of [null, "x", 7, {}, { ticket: 7 }, { ticket: "<b>" }]) {
  test(`nothing to go on: ${JSON.stringify(state)}`, async () => {
    const page = aPage({ state });
    await assert.rejects(new Handoff(page).start(), { name: "HandoffFailed", code: "ticket_invalid" });
    assert.equal(page.asked.length, 0);
  });
}

test("a later hash or an older state is put back, never read", async () => {
  const page = aPage({ hash: "#entry.ticket.x", answers: [ok()] });
  const handoff = new Handoff(page);
  await handoff.start();
  page.location.hash = "#evil.ticket.x";
  page.history.state = null;
  page.dispatchEvent(new Event("hashchange"));
  assert.equal(page.location.hash, "");
  page.history.state = { ticket: "older.ticket.x" };
  page.dispatchEvent(new Event("popstate"));
  assert.deepEqual(page.history.state, { ticket: "working.ticket.x" });
  assert.equal(handoff.current().ticket, "working.ticket.x");
});

test("a one-time code is posted, once", async () => {
  const code = "A".repeat(22);
  const page = aPage({ hash: `#w=${code}`, answers: [ok({ page: "window" })] });
  const handoff = new Handoff(page);
  assert.equal(page.location.hash, "");
  assert.equal((await handoff.start()).page, "window");
  assert.equal(page.asked[0].method, "POST");
  assert.deepEqual(JSON.parse(page.asked[0].body), { code });
});

test("a busy server and a lost network are tried again", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [refused(503, "store_unavailable"), undefined, ok()] });
  await new Handoff(page).start();
  assert.equal(page.asked.length, 3);
});

test("a refusal is not", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [refused(401, "ticket_expired"), ok()] });
  await assert.rejects(new Handoff(page).start(), { code: "ticket_expired", status: 401 });
  assert.equal(page.asked.length, 1);
});

test("a network that stays away is no refusal", async () => {
  await assert.rejects(new Handoff(aPage({ hash: "#a.b.c" })).start(), TypeError);
});

test("a ticket of another room is not taken", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [ok({ room: { id: "r_2" } })] });
  await assert.rejects(new Handoff(page).start(), HandoffFailed);
  assert.equal(page.history.state.ticket, "a.b.c");
});

test("a prerendered page waits until it is shown", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [ok()], prerendering: true });
  const started = new Handoff(page).start();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(page.asked.length, 0);
  page.document.dispatchEvent(new Event("prerenderingchange"));
  await started;
  assert.equal(page.asked.length, 1);
});

test("after sleep: a new ticket for the same connection", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [ok(), ok({ ticket: "n.e.w", connection: "c_2" })] });
  const handoff = new Handoff(page);
  await handoff.start();
  await handoff.resume();
  assert.deepEqual(JSON.parse(page.asked[1].body), { resume: "secret" });
  assert.deepEqual(handoff.current(), { ticket: "n.e.w", connection: "c_1" });
});

test("entered is remembered with the ticket, and forgotten by leaving", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [ok()] });
  const handoff = new Handoff(page);
  await handoff.start();
  handoff.enter();
  assert.deepEqual(page.history.state, { ticket: "working.ticket.x", entered: true });
  assert.equal(new Handoff(aPage({ state: page.history.state })).entered, true);
  handoff.leave();
  assert.equal(page.history.state, null);
  assert.equal(handoff.current().ticket, "");
});

test("a new window opens in the click itself; its code's hash is announced", async () => {
  const page = aPage({ hash: "#a.b.c", answers: [ok()] });
  const handoff = new Handoff(page);
  await handoff.start();
  /** @type {string[]} */
  const hashes = [];
  const announced = handoff.openWindow(async (hash) => hashes.push(hash));
  const [[address, target, features]] = page.opened;
  assert.deepEqual([target, features], ["_blank", "noopener"]);
  await announced;
  const code = /^\/rooms\/r_1#w=([\w-]{22})$/.exec(address)?.[1] ?? "";
  assert.deepEqual(hashes, [createHash("sha256").update(code).digest("hex")]);
  assert.notEqual(handoff.windowAddress(async () => {}).address, address);
});

test("pagehide lets go; only a restored page comes back", async () => {
  const page = aPage({ state: { ticket: "a.b.c" } });
  const handoff = new Handoff(page);
  /** @type {string[]} */
  const said = [];
  for (const what of ["hide", "show"]) handoff.addEventListener(what, () => said.push(what));
  page.dispatchEvent(new Event("pagehide"));
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.deepEqual(said, ["hide", "show"]);
});
