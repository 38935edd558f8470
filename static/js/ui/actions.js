/**
 * What a press does: the command it gives, and what the person is told when it is refused.
 *
 * @typedef {import("../wire/types").Failure} Failure
 * @typedef {import("../wire/types").Source} Source
 *
 * The way in and out of this page, `handoff.js` in the room:
 * @typedef {object} Passage
 * @property {() => void} enter  remember that the person came in
 * @property {() => void} leave  forget this person
 * @property {(announce: (hash: string) => Promise<unknown>) => Promise<unknown>} openWindow
 * @property {(announce: (hash: string) => Promise<unknown>) => {address: string, announced: Promise<unknown>}} windowAddress
 */
import { KINDS } from "../media/devices.js";
import { frameForbids } from "../media/trouble.js";
import { hasDirectAccess, isLivePage, ownSeat } from "../state/select.js";
import { RequestFailed } from "../wire/failure.js";
import { Act, ClientMessage } from "../wire/names.js";

const FIRST_WAS = Object.freeze({
  approve: "approved",
  decline: "declined",
  invite: "invited",
  remove: "removed",
});

export class Actions {
  /** @param {{client: Pick<import("../wire/client.js").RoomClient, "act" | "request" | "enter" | "connect" | "disconnect">, store: import("../state/store.js").Store, page: import("./page.js").Page, devices: import("../media/devices.js").Devices, passage: Passage}} parts */
  constructor({ client, store, page, devices, passage }) {
    this.client = client;
    this.store = store;
    this.page = page;
    this.devices = devices;
    this.passage = passage;
    devices.onScreenEnded = () => this.act(Act.SWITCH, { source: "screen", on: false });
  }

  /** "Join as viewer": from here on this person is in the lists. @returns {Promise<boolean>} */
  async enter() {
    const entered = await this.#attempt(() => this.client.enter({ phone: this.page.isPhone }));
    if (!entered) return false;
    this.passage.enter();
    this.store.entered();
    this.page.view.value = "room";
    const { panel } = this.page.preferences.value;
    if (this.page.size.value === "wide" || this.page.size.value === "frame") this.page.panel.value = panel;
    return true;
  }

  async enterAsViewer() {
    this.devices.close();
    await this.enter();
  }

  async enterAndJoin() {
    if (!(await this.enter())) return;
    const state = this.store.room.value;
    const seat = state && ownSeat(state);
    if (seat) {
      if (!isLivePage(state)) await this.useThisPage();
      await this.#switchAsWanted(seat);
    } else {
      await this.goLive(Act.JOIN);
    }
  }

  /** On stage already, from another page: what was chosen here holds from now on. @param {import("../wire/types").OnStage} seat */
  async #switchAsWanted(seat) {
    for (const [source, on] of Object.entries(this.#chosen())) {
      if (seat[/** @type {import("../media/trouble.js").Kind} */ (source)] !== on)
        await this.act(Act.SWITCH, { source, on });
    }
  }

  /** The sources that are chosen to be on, and can be. */
  #chosen() {
    const { camera, microphone } = this.devices.tracks.value;
    const wanted = this.devices.wanted.value;
    return { microphone: !!microphone && wanted.microphone, camera: !!camera && wanted.camera };
  }

  /** The primary button of the stage. */
  async stageStep() {
    const state = this.store.room.value;
    if (!state) return;
    if (state.me.place === "on_stage" || state.me.place === "invited") return;
    if (hasDirectAccess(state)) await this.getReady();
    else if (state.me.place === "requested") await this.act(Act.CANCEL);
    else await this.act(Act.ASK);
  }

  /** Open "Get ready to join the stage"; for an invitation it stops the clock. */
  async getReady() {
    const invited = this.store.room.value?.me.place === "invited";
    this.page.readyFor.value = invited ? "invitation" : "access";
    this.page.refused.value = null;
    this.page.dialog.value = KINDS.some((kind) => frameForbids(kind)) ? "framed" : "ready";
    if (invited) await this.act(Act.GET_READY);
  }

  /** "Join stage" inside the dialog. @param {"accept" | "join"} [how] */
  async goLive(how) {
    const state = this.store.room.value;
    if (!state) return;
    const what = how ?? (state.me.place === "invited" ? Act.ACCEPT : Act.JOIN);
    this.page.refused.value = null;
    const joined = await this.act(what, this.#chosen());
    if (joined) this.page.dialog.value = null;
    else if (this.page.dialog.value !== "ready") this.devices.close();
  }

  /** Turn one's own microphone or camera on or off. @param {import("../media/trouble.js").Kind} source @param {boolean} on */
  async switch(source, on) {
    await this.devices.turn(source, on);
    if (on && !this.devices.tracks.value[source]) {
      this.store.tell({
        as: "confirm",
        tone: "amber",
        key: `trouble.${this.devices.trouble.value ?? "nothing"}`,
      });
      return;
    }
    await this.act(Act.SWITCH, { source, on });
  }

  /** Show one's screen, or stop. */
  async share() {
    const state = this.store.room.value;
    if (state && ownSeat(state)?.screen) {
      this.devices.dropScreen();
      await this.act(Act.SWITCH, { source: "screen", on: false });
    } else if (await this.devices.takeScreen()) {
      const shown = await this.act(Act.SWITCH, { source: "screen", on: true });
      if (!shown) this.devices.dropScreen();
    }
  }

  /** Frees the seat at once and ends every ticket of this launch. */
  async leave() {
    this.passage.leave();
    this.page.dialog.value = null;
    this.page.view.value = "left";
    this.devices.close();
    await this.client.request(ClientMessage.LEAVE).catch(() => {});
    this.client.disconnect();
  }

  /** Called in the click itself, or the browser blocks the window. */
  openWindow() {
    this.passage.openWindow((hash) => this.#announce(hash));
    this.page.windowOpenedAt.value = Date.now();
    this.page.dialog.value = null;
  }

  /** The address for a real link, where the window was blocked. Good once. */
  windowAddress() {
    return this.passage.windowAddress((hash) => this.#announce(hash)).address;
  }

  /** @param {string} hash */
  #announce(hash) {
    return this.#attempt(() => this.client.request(ClientMessage.WINDOW, { hash }));
  }

  /** Bring the room back to this page. */
  async useThisPage() {
    this.page.windowOpenedAt.value = null;
    if (this.store.room.value?.me.entered)
      await this.#attempt(() => this.client.request(ClientMessage.USE_THIS));
  }

  /** @param {string} text @returns {Promise<boolean>} whether it went out */
  write(text) {
    return this.#attempt(() => this.client.request(ClientMessage.CHAT, { id: crypto.randomUUID(), text }));
  }

  /** @param {string} emoji */
  react(emoji) {
    return this.#attempt(() => this.client.request(ClientMessage.REACT, { emoji }));
  }

  /** @param {{page: number} | {search: string}} question @returns {Promise<import("../wire/types").RosterPage | null>} */
  async roster(question) {
    try {
      return /** @type {any} */ (await this.client.request(ClientMessage.ROSTER, question));
    } catch {
      return null;
    }
  }

  /** Ask first, then do. @param {import("./page.js").Question} question */
  ask(question) {
    this.page.question.value = question;
  }

  /** @param {string} what @param {Record<string, unknown>} [fields] @returns {Promise<boolean>} */
  async act(what, fields = {}) {
    const busy = [what, fields.target].filter(Boolean).join(":");
    this.page.busy.value = busy;
    const done = await this.#attempt(() => this.client.act(what, fields), fields);
    if (this.page.busy.value === busy) this.page.busy.value = null;
    return done;
  }

  /** @param {() => Promise<unknown>} run @param {Record<string, unknown>} [fields] */
  async #attempt(run, fields = {}) {
    try {
      await run();
      return true;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const told = this.#refusal(error.failure, fields.target);
      if (this.page.dialog.value === "ready") this.page.refused.value = told;
      else this.store.tell(told);
      return false;
    }
  }

  /** @param {Failure} failure @param {unknown} target @returns {import("../state/types").Moment} */
  #refusal(failure, target) {
    const state = this.store.room.value;
    const told = /** @type {const} */ ({ as: "confirm", tone: "amber", speak: "polite" });
    if (failure.code === "stage_full") {
      const waits = state?.me.place === "requested" || state?.me.place === "invited";
      const args = { seats: failure.seats ?? state?.room.seats ?? 0 };
      return { ...told, key: waits ? "refused.stage_full" : "refused.stage_full_viewer", args };
    }
    if (failure.code === "already_done" && failure.by) {
      const move = /** @type {keyof typeof FIRST_WAS | undefined} */ (failure.move);
      const person = (typeof target === "string" && state?.names[target]) || "";
      const first = move && person && FIRST_WAS[move];
      return {
        ...told,
        key: first ? `refused.already_${first}` : "refused.already_done",
        args: { name: failure.by, person },
      };
    }
    return { ...told, key: REFUSALS.has(failure.code) ? `refused.${failure.code}` : "refused.other" };
  }
}

const REFUSALS = new Set([
  "not_allowed",
  "not_open",
  "not_possible_now",
  "host_protected",
  "not_on_stage",
  "unknown_person",
  "busy",
  "not_open_yet",
  "too_fast",
  "offline",
  "timeout",
]);
