/**
 * The one place the page reads from: signals of the room, of the link and of what is being told.
 * `dispatch` takes what the wire delivers; nothing here touches the page itself.
 *
 * @typedef {import("./types").RoomState} RoomState
 * @typedef {import("./types").Moment} Moment
 * @typedef {import("../wire/types").Message} Message
 */
import { batch, computed, signal } from "../../vendor/ui.js";
import { dismiss, EMPTY_BOARD, settle, tell } from "./board.js";
import { momentsOf } from "./moments.js";
import { afterEntering, afterEvent, reduce } from "./reduce.js";

/** How long a connection is away before the page says so, in milliseconds. */
export const LOSS_SEEN_AFTER = 800;

/** The topics a change of place, or of one's own sources, settles. @type {Array<[string, (state: RoomState) => unknown]>} */
const SETTLED_BY = [
  ["stage", (state) => `${state.me.place} ${state.room.access}`],
  ["microphone", (state) => state.stage.find((one) => one.id === state.me.id)?.microphone],
  ["camera", (state) => state.stage.find((one) => one.id === state.me.id)?.camera],
];

export class Store {
  constructor() {
    /** @type {import("../../vendor/ui.js").Signal<RoomState | null>} */
    this.room = signal(null);
    /** @type {import("../../vendor/ui.js").Signal<import("../wire/client.js").Status>} */
    this.link = signal({ state: "connecting", since: 0, failure: null });
    /** @type {import("../../vendor/ui.js").Signal<import("./board.js").Board>} */
    this.board = signal(EMPTY_BOARD);
    /** @type {import("../../vendor/ui.js").Signal<import("../wire/types").Reaction[]>} the latest batch */
    this.reactions = signal([]);
    /** @type {import("../../vendor/ui.js").Signal<string[]>} participants by recency of speech */
    this.heard = signal([]);
    this.online = computed(() => this.link.value.state === "online");
  }

  /** Take the state of the connection; a return from a loss long enough to be seen is told. @param {import("../wire/client.js").Status} status */
  follow(status) {
    const before = this.link.value;
    this.link.value = status;
    const seen = before.state === "lost" && status.since - before.since > LOSS_SEEN_AFTER;
    if (seen && status.state === "online")
      this.tell({ as: "confirm", tone: "tint", key: "banner.back", speak: "polite" });
  }

  /** @param {Message} message */
  dispatch(message) {
    batch(() => {
      const before = this.room.value;
      this.room.value = reduce(before, message);
      if (before && this.room.value) this.#settle(before, this.room.value);
      if (before && message.kind === "snapshot") this.#tellSeatLost(before, message.snapshot);
      if (message.kind === "event") this.#tellOf(before, message.event);
      if (before && message.kind === "missed") this.#tellMissed(before, message.missed.missed);
      if (message.kind === "roster") this.#tellJoined(message.change);
      if (message.kind === "reactions") this.reactions.value = message.reactions;
      if (message.kind === "speaking") this.#hear(message.participants);
    });
  }

  entered() {
    if (this.room.value) this.room.value = afterEntering(this.room.value);
  }

  /** @param {Moment} moment */
  tell(moment) {
    this.board.value = tell(this.board.value, moment);
  }

  /** @param {number} number */
  dismiss(number) {
    this.board.value = dismiss(this.board.value, number);
  }

  /** Of what happened meanwhile only one's own way is told. @param {RoomState} before @param {import("../wire/types").RoomEvent[]} events */
  #tellMissed(before, events) {
    let state = before;
    for (const event of events) {
      const after = afterEvent(state, event);
      const own = event.type === "stage_moved" && event.participant === state.me.id;
      if (own) for (const moment of momentsOf(state, event, after)) this.tell(moment);
      state = after;
    }
  }

  /** Too long away: the snapshot says so by the place alone. @param {RoomState} before @param {import("../wire/types").Snapshot} snapshot */
  #tellSeatLost(before, snapshot) {
    if (before.me.place !== "on_stage" || snapshot.me.place === "on_stage" || this.online.value) return;
    this.tell({ as: "notice", tone: "surface", key: "seat_lost.self", topic: "stage", speak: "polite" });
  }

  /** @param {RoomState | null} before @param {import("../wire/types").RoomEvent} event */
  #tellOf(before, event) {
    const state = this.room.value;
    if (!before || !state?.me.entered) return;
    for (const moment of momentsOf(before, event, state)) this.tell(moment);
  }

  /** @param {RoomState} before @param {RoomState} state */
  #settle(before, state) {
    for (const [topic, fact] of SETTLED_BY) {
      if (fact(before) !== fact(state)) this.board.value = settle(this.board.value, topic);
    }
    for (const told of this.board.value.notices) {
      const gone = told.action?.target && state.stage.some((one) => one.id === told.action?.target);
      if (gone) this.dismiss(told.number);
    }
  }

  /** Joining is said in batches, as the roster itself comes. @param {import("../wire/types").RosterChange} change */
  #tellJoined(change) {
    const state = this.room.value;
    const others = (change.joined ?? []).filter((one) => one.id !== state?.me.id);
    const first = others[0];
    if (!state?.me.entered || !first) return;
    const args = { n: others.length, name: first.name };
    this.tell({ as: "none", key: "people.joined", args, speak: "polite" });
  }

  /** @param {string[]} speaking */
  #hear(speaking) {
    const others = this.heard.value.filter((id) => !speaking.includes(id));
    this.heard.value = [...speaking, ...others].slice(0, 50);
  }
}
