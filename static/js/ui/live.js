/**
 * Sound and picture of this page: publishes while this person is on stage, receives while this page is
 * the live one, and nothing otherwise. What is on follows the room, so that "muted by staff" holds at once.
 *
 * @typedef {import("../wire/types").Source} Source
 * @typedef {{track: MediaStreamTrack, stream: MediaStream, receiver: RTCRtpReceiver | null}} Received
 * @typedef {import("../media/session.js").MediaSession} MediaSession
 */
import { batch, computed, effect, signal, untracked } from "../../vendor/ui.js";
import { KINDS } from "../media/devices.js";
import { Levels } from "../media/levels.js";
import { Views } from "../media/view.js";
import { isLivePage, ownSeat } from "../state/select.js";
import { Act, ClientMessage } from "../wire/names.js";

const SETTLE = 2000;
const CLOSED = new Set(["closed", "failed"]);

export class Live {
  /**
   * @param {object} parts
   * @param {Pick<import("../wire/client.js").RoomClient, "request" | "act">} parts.client
   * @param {import("../state/store.js").Store} parts.store
   * @param {import("./page.js").Page} parts.page
   * @param {import("../media/devices.js").Devices} parts.devices
   * @param {(parts: {send: (payload: Record<string, unknown>) => Promise<any>}) => MediaSession} parts.open
   */
  constructor({ client, store, page, devices, open }) {
    this.client = client;
    this.store = store;
    this.page = page;
    this.devices = devices;
    this.open = open;
    /** @type {MediaSession | null} */
    this.session = null;
    this.publishing = false;
    this.shared = false;
    /** @type {Record<import("../media/trouble.js").Kind, boolean | null>} */
    this.seatWas = { camera: null, microphone: null };
    /** @type {import("../../vendor/ui.js").Signal<ReadonlyMap<string, Received>>} by `participant source` */
    this.received = signal(new Map());
    this.trouble = signal(false);
    /** The pictures this page shows that are not sent to it. @type {import("../../vendor/ui.js").Signal<ReadonlySet<string>>} by `participant/source` */
    this.paused = signal(new Set());
    this.weak = signal(false);
    this.views = new Views({ tell: (view) => this.session?.setView(view) });
    this.levels = new Levels();
    /** @type {Map<string, string>} */
    this.states = new Map();
    this.wanted = computed(() => this.#isWanted());
    this.onStage = computed(() => this.wanted.value && store.room.value?.me.place === "on_stage");
  }

  /** Follow the room from now on. @returns {() => void} stop */
  start() {
    this.views.start();
    const stops = [
      effect(() => this.views.setLowData(this.page.lowData.value)),
      effect(() => this.#follow(this.wanted.value)),
      effect(() => this.#followStage(this.onStage.value)),
      effect(() => this.#followDevices()),
      effect(() => this.#followSeat()),
      effect(() => this.#comeBack(this.store.online.value)),
      effect(() => this.levels.listen(this.devices.tracks.value.microphone)),
    ];
    return () => {
      for (const stop of stops) stop();
      this.session?.close();
      this.levels.stop();
      this.views.stop();
    };
  }

  /** @param {import("../media/session.js").ServerMedia} message */
  receive(message) {
    this.session?.receive(message);
  }

  /** What a participant sends, as far as it has arrived. @param {string} participant @param {Source} source */
  of(participant, source) {
    return this.received.value.get(`${participant} ${source}`) ?? null;
  }

  /** @param {string} participant @param {Source} source */
  isPaused(participant, source) {
    return this.paused.value.has(`${participant}/${source}`);
  }

  /** A seat is kept while the connection is lost, and so is the session. */
  #isWanted() {
    const state = this.store.room.value;
    const here = this.page.view.value === "room" && this.page.windowOpenedAt.value === null;
    return here && !!state?.me.entered && isLivePage(state) && state.live.connection !== null;
  }

  /** @param {boolean} wanted */
  #follow(wanted) {
    untracked(() => {
      if (wanted === (this.session !== null)) return;
      if (wanted) this.#open();
      else this.#close();
    });
  }

  #open() {
    const session = this.open({ send: (payload) => this.client.request(ClientMessage.MEDIA, payload) });
    session.addEventListener("track", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("gone", (event) => this.#drop(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("state", (event) => this.#note(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("paused", (event) => this.#pause(/** @type {CustomEvent} */ (event).detail));
    this.session = session;
    session.setView(this.views.current());
    session.subscribe().catch(() => this.#later(session));
  }

  #close() {
    this.session?.close();
    this.session = null;
    this.publishing = false;
    this.states.clear();
    this.received.value = new Map();
    this.trouble.value = false;
    this.#pause({ tiles: [], weak: false });
  }

  /** @param {boolean} onStage */
  #followStage(onStage) {
    untracked(() => {
      const { session } = this;
      if (!session || onStage === this.publishing) return;
      this.publishing = onStage;
      if (onStage) this.#publish(session);
      else {
        session.unpublish();
        if (this.store.room.value?.me.place !== "on_stage") this.devices.close();
      }
    });
  }

  /** @param {MediaSession} session */
  async #publish(session) {
    await this.#haveDevices();
    const state = this.store.room.value;
    const seat = state && ownSeat(state);
    for (const kind of KINDS) session.setOn(kind, !!seat?.[kind]);
    if (seat?.screen && !this.devices.screen.value) this.#stopSharing();
    const { camera, microphone } = this.devices.tracks.value;
    await session.publish({ camera, microphone }).catch(() => this.#later(session));
  }

  /** A reload ends the sharing of a screen: only a press can start it again. */
  #stopSharing() {
    this.client.act(Act.SWITCH, { source: "screen", on: false }).catch(() => {});
  }

  /** After a reload the seat says what was on; the devices are taken again for it. */
  async #haveDevices() {
    const state = this.store.room.value;
    const seat = state && ownSeat(state);
    const { tracks, wanted } = this.devices;
    const missing = seat && KINDS.some((kind) => seat[kind] && !tracks.value[kind]);
    if (!missing) return;
    wanted.value = { camera: seat.camera, microphone: seat.microphone };
    await this.devices.open();
  }

  #followDevices() {
    const { camera, microphone } = this.devices.tracks.value;
    const screen = this.devices.screen.value;
    untracked(() => {
      if (!this.session || !this.publishing) return;
      this.session.replace("camera", camera);
      this.session.replace("microphone", microphone);
      this.session.replace("screen", screen);
    });
  }

  /** Nothing leaves this page that its seat does not show. Only a change counts: a press is on its way before the room says so. */
  #followSeat() {
    const state = this.store.room.value;
    const seat = state && ownSeat(state);
    untracked(() => {
      for (const kind of KINDS) {
        const on = seat ? seat[kind] : null;
        if (on === this.seatWas[kind]) continue;
        this.seatWas[kind] = on;
        if (on === null) continue;
        this.session?.setOn(kind, on);
        if (!on && this.devices.wanted.value[kind]) this.devices.turn(kind, false);
      }
      if (this.shared && !seat?.screen) this.devices.dropScreen();
      this.shared = !!seat?.screen;
    });
  }

  /** The connection is back: peer connections that died with it are built anew. @param {boolean} online */
  #comeBack(online) {
    const { session } = this;
    if (!online || !session) return;
    session.repeatView();
    setTimeout(() => {
      const broken = [...this.states.values()].some((state) => state !== "connected");
      if (broken && this.session === session) session.restart();
    }, SETTLE);
  }

  /** @param {MediaSession} session */
  #later(session) {
    this.trouble.value = true;
    setTimeout(() => {
      if (this.session === session) session.restart();
    }, SETTLE);
  }

  /** @param {Received & {participant: string, source: Source}} received */
  #take({ participant, source, track, stream, receiver }) {
    const next = new Map(this.received.value);
    next.set(`${participant} ${source}`, { track, stream, receiver });
    this.received.value = next;
  }

  /** @param {{participant: string, source: Source}} gone */
  #drop({ participant, source }) {
    const next = new Map(this.received.value);
    next.delete(`${participant} ${source}`);
    this.received.value = next;
  }

  /** @param {import("../media/session.js").Paused} paused */
  #pause({ tiles, weak }) {
    batch(() => {
      this.paused.value = new Set(tiles);
      this.weak.value = weak;
    });
  }

  /** @param {{which: string, state: string}} news */
  #note({ which, state }) {
    batch(() => {
      if (state === "closed") this.states.delete(which);
      else this.states.set(which, state);
      this.trouble.value = [...this.states.values()].some((one) => CLOSED.has(one) || one === "disconnected");
    });
  }
}
