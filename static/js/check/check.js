/**
 * The check page: asks the server what it knows, tries what only a browser can, and shows a line for each.
 *
 * @import { Browser, Facts, Level, Line } from "./lines.js"
 */

import * as browser from "./browser.js";
import { linesOf, textOf } from "./lines.js";

const TICKET = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LEVELS = Object.freeze({ ok: "check.ok", warn: "check.warn", fail: "check.fail" });

/** @type {{socket: string, host: string, said: Record<string, string>}} */
const known = JSON.parse(document.getElementById("known")?.textContent ?? "{}");
const ticket = takeTicket();
let text = "";

/** The ticket of the fragment, kept through a reload in this history entry only. */
function takeTicket() {
  const given = location.hash.slice(1);
  const kept = /** @type {unknown} */ (history.state?.ticket);
  const found = TICKET.test(given) ? given : typeof kept === "string" && TICKET.test(kept) ? kept : "";
  history.replaceState(found ? { ticket: found } : null, "", location.pathname);
  return found;
}

/** @param {string} key @param {Record<string, string | number>} [values] */
function say(key, values = {}) {
  const sentence = known.said[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

const server = {
  /** @param {string} address @param {object} body */
  async ask(address, body) {
    const headers = { Authorization: `Bearer ${ticket}`, "Content-Type": "application/json" };
    const answer = await fetch(address, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      cache: "no-store",
      redirect: "error",
    });
    const said = await answer.json().catch(() => null);
    if (!answer.ok) throw new Refused(said?.error?.code ?? "network");
    return said;
  },
};

class Refused extends Error {}

/** @returns {Promise<{facts: Facts, clock: number}>} */
async function askServer() {
  const ancestors = [.../** @type {any} */ (location.ancestorOrigins ?? [])].slice(0, 16);
  const before = Date.now();
  const facts = await server.ask("/api/check", { ancestors });
  return { facts, clock: ((before + Date.now()) / 2 - facts.now * 1000) / 1000 };
}

/** @returns {Promise<Omit<Browser, "clock">>} */
async function tryBrowser() {
  const [allowed, kept, platformStorage, websocket, media] = await Promise.all([
    browser.allowed(),
    browser.storage(),
    browser.platformStorage(),
    browser.websocket(known.socket).catch(() => false),
    browser.media(server).catch(() => ({ connected: false, where: "", problem: "network" })),
  ]);
  return { framed: window.top !== window, allowed, ...kept, platformStorage, websocket, media };
}

/** @param {string} selector @returns {HTMLElement} */
function part(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/** @param {Line} line */
function rowOf({ level, title, said, todo }) {
  const row = document.createElement("li");
  row.className = level;
  const parts = /** @type {const} */ ([
    ["span", "level", say(LEVELS[level])],
    ["div", "", ""],
  ]);
  const [mark, body] = parts.map(([tag, look, words]) => element(tag, look, words));
  body?.append(element("strong", "", title), " ", element("span", "said", said));
  if (todo) body?.append(element("p", "todo", todo));
  row.append(.../** @type {HTMLElement[]} */ ([mark, body]));
  return row;
}

/** @param {string} tag @param {string} look @param {string} words */
function element(tag, look, words) {
  const made = document.createElement(tag);
  if (look) made.className = look;
  made.textContent = words;
  return made;
}

/** @param {Line[]} lines */
function summaryOf(lines) {
  const count = (/** @type {Level} */ level) => lines.filter((line) => line.level === level).length;
  if (count("fail")) return say("check.summary.fail", { count: count("fail") });
  return count("warn") ? say("check.summary.warn", { count: count("warn") }) : say("check.summary.ok");
}

async function run() {
  const list = part("[data-lines]");
  part("[data-summary]").textContent = say("check.looking");
  try {
    if (!ticket) throw new Refused("ticket_invalid");
    const [{ facts, clock }, found] = await Promise.all([askServer(), tryBrowser()]);
    const lines = linesOf(facts, { ...found, clock }, known.host, say);
    list.replaceChildren(...lines.map(rowOf));
    part("[data-summary]").textContent = summaryOf(lines);
    part("[data-back]").hidden = !facts.from_room;
    part("[data-actions]").hidden = false;
    const head = `${say("check.title")} · ${facts.name} · ${facts.platform} · ${known.host}\n${new Date().toISOString()} · ${navigator.userAgent}`;
    const words = { ok: say("check.ok"), warn: say("check.warn"), fail: say("check.fail") };
    text = textOf(lines, head, words);
    part("[data-text] pre").textContent = text;
    part("[data-text]").hidden = false;
    document.body.dataset.checked = "true";
  } catch (error) {
    const over = error instanceof Refused && error.message !== "network";
    part("[data-summary]").textContent = say(over ? "check.over" : "check.unreachable");
    part("[data-actions]").hidden = over;
    document.body.dataset.checked = "no";
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(text);
    part("[data-copied]").textContent = say("check.copied");
  } catch {
    // Frames often may not: the text is there to be selected.
    /** @type {HTMLDetailsElement} */ (part("[data-text]")).open = true;
    part("[data-copied]").textContent = say("check.not_copied");
  }
}

part("[data-back]").addEventListener("click", () => history.back());
part("[data-again]").addEventListener("click", run);
part("[data-copy]").addEventListener("click", copy);
run();
