import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../static/js/ui/grades/ledger.js";
import { called, csv, minutes, progress, sorted } from "../../static/js/ui/grades/table.js";
import { RequestFailed } from "../../static/js/wire/failure.js";

/** @typedef {import("../../static/js/ui/grades/types").Book} Book */
/** @typedef {import("../../static/js/ui/grades/types").Status} Status */

/** @param {Status} status @param {Status} [automatic] */
function standing(status, automatic = status) {
  return { status, automatic, seconds: 600, share: 0.2, first: 0, last: 600 };
}

/** @param {string} name @param {Partial<import("../../static/js/ui/grades/types").Line>} [change] */
function line(name, change = {}) {
  return {
    id: `p_${name}`,
    name,
    points: 10,
    state: /** @type {const} */ ("draft"),
    sendable: true,
    never_came: false,
    code: null,
    retry_at: null,
    sent_points: null,
    sent_maximum: null,
    sent_at: null,
    attended: { n: 0, of: 0 },
    there: null,
    ...change,
  };
}

/** @param {Partial<Book>} change @returns {Book} */
function book(change) {
  return {
    now: 0,
    may_send: true,
    graded: true,
    points: 10,
    send_by_itself: false,
    rules: { late_minutes: 10, early_minutes: 10, present_percent: 50, scoring: "threshold" },
    gradebook: { platform: "canvas", name: "", obstacle: null, made: true },
    draft: "d1",
    session: null,
    to_send: 0,
    never_came: { n: 0, undecided: 0, zeros: false, asking: false, error: null, complete: true },
    pause: null,
    sessions: [],
    people: [],
    ...change,
  };
}

test("people are in the language's order and found without accents", () => {
  const people = ["Zoë", "Émile", "Ada"].map((name) => line(name));
  assert.deepEqual(
    sorted(people, "de").map((one) => one.name),
    ["Ada", "Émile", "Zoë"],
  );
  assert.deepEqual(
    called(people, " emi").map((one) => one.name),
    ["Émile"],
  );
});

test("somebody who was there at all was there for a minute", () => {
  assert.deepEqual([0, 5, 89, 3600].map(minutes), [0, 1, 1, 60]);
});

test("progress counts people by where their grade is", () => {
  const people = [
    line("A", { state: "waiting" }),
    line("B", { state: "sent" }),
    line("C", { state: "failed" }),
  ];
  assert.deepEqual(progress(book({ people })), { waiting: 1, sent: 1, failed: 1 });
});

test("a table for spreadsheets quotes what it must and runs no formula", () => {
  const text = csv([
    ['Kim, "Noah"', 7.5],
    ["=HYPERLINK(1)", -3],
    ["+49", "x"],
  ]);
  assert.equal(text, '\ufeff"Kim, ""Noah""",7.5\r\n\'=HYPERLINK(1),-3\r\n\'+49,x\r\n');
});

/** @param {Record<string, unknown>} answers  a function is called */
function server(answers) {
  /** @type {string[]} */
  const asked = [];
  const answer = async (/** @type {string} */ key) => {
    asked.push(key);
    const found = answers[key];
    if (found instanceof Error) throw found;
    return found;
  };
  const get = (/** @type {string} */ address) => answer(`GET ${address}`);
  const send = (/** @type {string} */ method, /** @type {string} */ address, /** @type {unknown} */ body) =>
    answer(`${method} ${address} ${JSON.stringify(body)}`);
  return { asked, api: { get, send } };
}

test("sending names the draft that was looked at", async () => {
  const { api, asked } = server({
    "GET /api/grades": book({ draft: "d7" }),
    'POST /api/grades/send {"draft":"d7"}': book({ draft: "d8" }),
  });
  const ledger = new Ledger(api);
  await ledger.open();
  assert.ok(await ledger.send());
  assert.equal(ledger.book.value?.draft, "d8");
  assert.equal(asked.length, 2);
  ledger.close();
});

test("a draft that changed is fetched again and told", async () => {
  const { api } = server({
    "GET /api/grades": book({ draft: "d7" }),
    'POST /api/grades/send {"draft":"d7"}': new RequestFailed({ code: "draft_changed", message: "" }),
  });
  const ledger = new Ledger(api);
  await ledger.open();
  assert.equal(await ledger.send(), false);
  assert.equal(ledger.failure.value, "draft_changed");
  assert.equal(ledger.busy.value, false);
  ledger.close();
});

test("whether people who never came are sent 0 is asked of the server", async () => {
  const never_came = { n: 2, undecided: 2, zeros: true, asking: false, error: null, complete: true };
  const { api } = server({
    "GET /api/grades": book({ to_send: 1 }),
    'PUT /api/grades/never-came {"zeros":true}': book({ to_send: 3, never_came }),
  });
  const ledger = new Ledger(api);
  await ledger.open();
  assert.ok(await ledger.zeros(true));
  assert.deepEqual([ledger.book.value?.to_send, ledger.book.value?.never_came.zeros], [3, true]);
  ledger.close();
});

test("a book is looked at again while the LMS is asked who is in the course", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const never_came = { n: 0, undecided: 0, zeros: false, asking: true, error: null, complete: true };
  const { api, asked } = server({ "GET /api/grades": book({ never_came }) });
  const ledger = new Ledger(api);
  await ledger.open();
  context.mock.timers.tick(2000);
  assert.equal(asked.length, 2);
  ledger.close();
});

test("a change is taken back to what was before it, given or recorded", async () => {
  const noah = line("Noah");
  const at = "PUT /api/grades/sessions/s_1/people/p_Noah";
  const { api, asked } = server({
    [`${at} {"status":"excused"}`]: book({}),
    [`${at} {"status":null}`]: book({}),
    [`${at} {"status":"late"}`]: book({}),
  });
  const ledger = new Ledger(api);
  await ledger.change(noah, "s_1", standing("absent"), "excused");
  await ledger.undo();
  await ledger.change(noah, "s_1", standing("late", "absent"), null);
  await ledger.undo();
  assert.deepEqual(
    asked.map((one) => JSON.parse(one.split(" ")[2] ?? "").status),
    ["excused", null, null, "late"],
  );
  assert.equal(ledger.undoable.value, null);
  ledger.close();
});

test("the session that is shown stays the one asked for", async () => {
  const { api, asked } = server({
    "GET /api/grades": book({ session: "s_2" }),
    "GET /api/grades?session=s_1": book({ session: "s_1" }),
    "GET /api/grades?session=": book({}),
    "POST /api/grades/retry?session=s_1 {}": book({ session: "s_1" }),
  });
  const ledger = new Ledger(api);
  await ledger.open();
  await ledger.show("s_1");
  await ledger.retry();
  assert.equal(ledger.book.value?.session, "s_1");
  await ledger.show(null);
  assert.equal(asked.at(-1), "GET /api/grades?session=");
  ledger.close();
});
