import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomClient } from "../../static/js/wire/client.js";
import { RequestFailed } from "../../static/js/wire/failure.js";
import { moved, snapshot } from "./support.js";

/** A socket whose server is the test. */
class FakeSocket {
  constructor() {
    this.connected = false;
    this.connects = 0;
    /** @type {Map<string, (...args: any[]) => void>} */
    this.handlers = new Map();
    /** @type {Array<{name: string, payload: any, answer: (error: Error | null, ack?: unknown) => void}>} */
    this.sent = [];
  }

  /** @param {string} name @param {(...args: any[]) => void} handler */
  on(name, handler) {
    this.handlers.set(name, handler);
  }

  connect() {
    this.connects += 1;
    return this;
  }

  disconnect() {
    this.connected = false;
    return this;
  }

  timeout() {
    return {
      emit: (/** @type {string} */ name, /** @type {any} */ payload, /** @type {any} */ answer) =>
        this.sent.push({ name, payload, answer }),
    };
  }

  /** @param {string} name @param {...any} args */
  hear(name, ...args) {
    this.handlers.get(name)?.(...args);
  }

  /** @param {unknown} welcome */
  open(welcome) {
    this.connected = true;
    this.hear("welcome", JSON.stringify(welcome));
  }

  /** @param {string} reason */
  drop(reason = "transport close") {
    this.connected = false;
    this.hear("disconnect", reason);
  }
}

function room() {
  const socket = new FakeSocket();
  /** @type {any} */
  let options;
  /** @type {any[]} */
  const delivered = [];
  const passport = {
    current: () => ({ ticket: "t", connection: "c_1" }),
    accepted: /** @type {any[]} */ ([]),
    accept(/** @type {any} */ renewal) {
      this.accepted.push(renewal);
    },
    resumes: 0,
    async resume() {
      this.resumes += 1;
      return this.current();
    },
  };
  const io = /** @type {any} */ (
    (/** @type {string} */ _address, /** @type {any} */ given) => {
      options = given;
      return socket;
    }
  );
  const client = new RoomClient({
    io,
    origin: "http://room.test",
    passport,
    deliver: (message) => delivered.push(message),
    onStatus: () => {},
  });
  const credentials = () => {
    /** @type {any} */
    let shown;
    options.auth((/** @type {any} */ auth) => {
      shown = auth;
    });
    return shown;
  };
  const stop = () => clearTimeout(client.retry);
  return { client, socket, delivered, passport, credentials, stop };
}

/** @param {number} turns */
async function settle(turns = 5) {
  for (let at = 0; at < turns; at++) await Promise.resolve();
}

test("a page says what it has seen only when it comes back", () => {
  const { socket, credentials } = room();
  assert.equal("seen" in credentials(), false);
  socket.open(snapshot());
  assert.deepEqual(credentials().seen, { versions: { everyone: 10, me: 10 }, chat: null });
});

test("an event is applied once, though it came to two audiences", () => {
  const { socket, delivered } = room();
  socket.open(snapshot({ versions: { everyone: 10, me: 10, staff: 10 } }));
  socket.hear("event", moved("p_mei", "ask", { v: 11, prev: 10, audience: "staff" }));
  socket.hear("event", moved("p_mei", "ask", { v: 11, prev: 10, audience: "me" }));
  assert.equal(delivered.filter((one) => one.kind === "event").length, 1);
});

test("a gap asks for a catch-up, and events on the way wait for it", () => {
  const { socket, delivered } = room();
  socket.open(snapshot());
  socket.hear("event", moved("p_mei", "join", { v: 13, prev: 12 }));
  assert.deepEqual(
    socket.sent.map(({ name, payload }) => [name, payload.versions]),
    [["sync", { everyone: 10, me: 10 }]],
  );
  socket.hear("event", moved("p_mei", "leave", { v: 14, prev: 13 }));
  assert.equal(delivered.filter((one) => one.kind === "event").length, 0);
  const missed = [moved("p_mei", "invite", { v: 12, prev: 10 }), moved("p_mei", "join", { v: 13, prev: 12 })];
  socket.open({ missed, chat: [], versions: { everyone: 13, me: 10 }, live: {}, roster: {}, process: "w" });
  assert.deepEqual(
    delivered.slice(1).map((one) => [one.kind, one.event?.v ?? one.missed.missed.length]),
    [
      ["missed", 2],
      ["event", 14],
    ],
  );
});

test("a command cut off by a lost connection goes out again under the same id", async () => {
  const { client, socket, stop } = room();
  socket.open(snapshot());
  const done = client.act("ask");
  const first = socket.sent.at(-1);
  socket.drop();
  first?.answer(new Error("socket has been disconnected"));
  await settle();
  socket.open(snapshot());
  await settle();
  const second = socket.sent.at(-1);
  assert.notEqual(second, first);
  assert.equal(second?.payload.id, first?.payload.id);
  second?.answer(null, { ok: true, v: 12 });
  assert.deepEqual(await done, { ok: true, v: 12 });
  stop();
});

test("a page that had entered enters again before its commands", async () => {
  const { client, socket, stop } = room();
  socket.open(snapshot());
  const entering = client.enter({ phone: false });
  socket.sent.at(-1)?.answer(null, { ok: true, live: true });
  await entering;
  socket.drop();
  socket.open(snapshot());
  assert.equal(client.status.state, "lost");
  assert.deepEqual([socket.sent.at(-1)?.name, socket.sent.at(-1)?.payload], ["enter", { phone: false }]);
  socket.sent.at(-1)?.answer(null, { ok: true, live: true });
  await settle();
  assert.equal(client.status.state, "online");
  stop();
});

test("a refusal keeps its code and details", async () => {
  const { client, socket } = room();
  socket.open(snapshot());
  const done = client.act("approve", { target: "p_mei" });
  const error = {
    code: "already_done",
    message: "Somebody else was first.",
    by: "Elena Marín",
    move: "approve",
  };
  socket.sent.at(-1)?.answer(null, { ok: false, error });
  await assert.rejects(
    done,
    (thrown) => thrown instanceof RequestFailed && thrown.failure.by === "Elena Marín",
  );
});

test("an expired ticket is resumed once; a second refusal ends the page", async () => {
  const { client, socket, passport } = room();
  const refused = Object.assign(new Error("expired"), { data: { code: "ticket_expired", message: "" } });
  socket.hear("connect_error", refused);
  await settle();
  assert.equal(passport.resumes, 1);
  assert.equal(socket.connects, 1);
  socket.hear("connect_error", refused);
  await settle();
  assert.equal(client.status.state, "ended");
  assert.equal(client.status.failure?.code, "ticket_expired");
});

test("a lost connection is tried again; a goodbye is not", async () => {
  const { client, socket, stop } = room();
  socket.open(snapshot());
  socket.drop();
  assert.equal(client.status.state, "lost");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(socket.connects, 1);
  socket.open(snapshot());
  socket.hear("bye", { code: "removed", message: "You were removed from this room." });
  socket.drop("io server disconnect");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(socket.connects, 1);
  assert.equal(client.status.state, "ended");
  stop();
});

test("a renewed ticket is kept before it is acknowledged", () => {
  const { socket, passport } = room();
  socket.open(snapshot());
  /** @type {unknown} */
  let kept;
  socket.hear("ticket", { ticket: "t2", resume: "r2" }, () => {
    kept = passport.accepted[0];
  });
  assert.deepEqual(kept, { ticket: "t2", resume: "r2" });
});
