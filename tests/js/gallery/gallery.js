/**
 * Mounts one scene of the room with painted people and a server that says yes:
 * `?scene=viewer&theme=dark&phone=1`. Pictures and accessibility checks are taken from here.
 */

import { Devices } from "../../../static/js/media/devices.js";
import { Store } from "../../../static/js/state/store.js";
import { Actions } from "../../../static/js/ui/actions.js";
import { mount } from "../../../static/js/ui/app.js";
import { Live } from "../../../static/js/ui/live.js";
import { Page } from "../../../static/js/ui/page.js";
import { effect, signal } from "../../../static/vendor/ui.js";
import { humming, paintedSlide, paintedTrack } from "./painted.js";
import { idOf, NAMES } from "./people.js";
import { SCENES } from "./scenes.js";

const PORTRAIT = new Set(["Pavel Horák"]);

/** Devices that are painted. */
class PaintedDevices extends Devices {
  constructor() {
    super();
    this.refused = signal(/** @type {import("../../../static/js/media/trouble.js").Reason | null} */ (null));
    this.lists.value = {
      camera: [{ id: "camera", label: "FaceTime HD Camera" }],
      microphone: [{ id: "microphone", label: "MacBook Pro Microphone" }],
      speaker: [{ id: "speaker", label: "External Headphones" }],
    };
    this.chosen.value = { camera: "camera", microphone: "microphone", speaker: "speaker" };
  }

  /** @override */
  async open() {
    this.trouble.value = this.refused.value;
    if (this.refused.value || this.tracks.value.camera) return;
    this.tracks.value = { camera: paintedTrack(2, 4 / 3), microphone: humming() };
  }

  /** @override */
  close() {}

  /** @override @param {import("../../../static/js/media/trouble.js").Kind} kind @param {boolean} on */
  async turn(kind, on) {
    this.wanted.value = { ...this.wanted.value, [kind]: on };
  }

  /** @param {import("../../../static/js/media/trouble.js").Reason} reason */
  refuse(reason) {
    this.refused.value = reason;
  }
}

/** What a scene works with. */
export class Studio {
  /** @param {boolean} phone */
  constructor(phone) {
    this.store = new Store();
    this.page = new Page({ phone, framed: true });
    this.devices = new PaintedDevices();
    const client = {
      act: async () => ({}),
      request: async () => ({ people: [], total: 0, page: 0 }),
      enter: async () => ({}),
      connect: () => {},
      disconnect: () => {},
    };
    const passage = {
      enter: () => {},
      leave: () => {},
      openWindow: async () => {},
      windowAddress: () => ({ address: "#", announced: Promise.resolve() }),
    };
    const parts = { client, store: this.store, page: this.page, devices: this.devices };
    this.live = new Live({
      ...parts,
      open: () => {
        throw new Error("nothing is sent in the gallery");
      },
    });
    this.actions = new Actions({ ...parts, passage });
    /** @type {Record<string, unknown>} what a GET of an address answers */
    this.answers = {};
    this.api = {
      get: async (/** @type {string} */ address) => structuredClone(this.answers[address] ?? {}),
      send: async (/** @type {string} */ _method, /** @type {string} */ address) => {
        const whole = address.split("/").slice(0, 3).join("/");
        return structuredClone(this.answers[address] ?? this.answers[whole] ?? {});
      },
    };
    this.store.link.value = { state: "online", since: Date.now(), failure: null };
  }

  /** @param {import("../../../static/js/wire/types").Snapshot} snapshot */
  welcome(snapshot) {
    this.store.dispatch({ kind: "snapshot", snapshot, receivedAt: Date.now() });
    this.store.heard.value = snapshot.speaking;
    if (this.page.view.value === "boot") this.page.view.value = "room";
    if (snapshot.me.place === "on_stage") this.devices.open();
    this.#paint(snapshot);
  }

  /** Press something once it is there. @param {string} selector */
  after(selector) {
    const press = () => {
      const found = document.querySelector(selector);
      if (found instanceof HTMLElement) found.click();
      else requestAnimationFrame(press);
    };
    setTimeout(press, 300);
  }

  /** Choose something of a list once it is there. @param {string} selector @param {string} value */
  choose(selector, value) {
    const pick = () => {
      const found = document.querySelector(selector);
      if (!(found instanceof HTMLSelectElement)) return void requestAnimationFrame(pick);
      found.value = value;
      found.dispatchEvent(new Event("change", { bubbles: true }));
    };
    setTimeout(pick, 200);
  }

  /** @param {import("../../../static/js/wire/types").Snapshot} snapshot */
  #paint(snapshot) {
    /** @type {Map<string, import("../../../static/js/ui/live.js").Received>} */
    const received = new Map();
    for (const { id, name, camera } of snapshot.stage) {
      if (!camera || id === snapshot.me.id) continue;
      const track = paintedTrack(NAMES.indexOf(name), PORTRAIT.has(name) ? 9 / 16 : 16 / 9);
      received.set(`${id} camera`, { track, stream: new MediaStream([track]), receiver: null });
    }
    for (const { id } of snapshot.screens ?? []) {
      const track = paintedSlide();
      received.set(`${id} screen`, { track, stream: new MediaStream([track]), receiver: null });
    }
    this.live.received.value = received;
  }
}

const asked = new URLSearchParams(location.search);
const scene = SCENES[asked.get("scene") ?? "viewer"];
const studio = new Studio(asked.get("phone") === "1");
const theme = asked.get("theme");
if (theme)
  studio.page.preferences.value = {
    ...studio.page.preferences.value,
    theme: /** @type {"light" | "dark"} */ (theme),
  };
const root = document.getElementById("app");
if (root) mount(root, studio);
scene?.(studio);
effect(() => {
  document.body.dataset.scene = studio.page.box.value.width > 0 ? "ready" : "";
});
Object.assign(window, { studio, idOf });
