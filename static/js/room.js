/**
 * The room page. Whoever opened it is known from the hand-off; from there one socket tells everything.
 *
 * @typedef {import("./wire/handoff.js").Boot} Boot
 */

import { io } from "../vendor/socket.io.js";
import { de } from "./i18n/de.js";
import { en } from "./i18n/en.js";
import { directionOf, speak } from "./i18n/t.js";
import { Devices } from "./media/devices.js";
import { MediaSession } from "./media/session.js";
import { Store } from "./state/store.js";
import { Actions } from "./ui/actions.js";
import { mount } from "./ui/app.js";
import { Live } from "./ui/live.js";
import { Page } from "./ui/page.js";
import { Api } from "./wire/api.js";
import { RoomClient } from "./wire/client.js";
import { Handoff, HandoffFailed } from "./wire/handoff.js";

const PHONE_AT_MOST = 600;
const CATALOGUES = Object.freeze({ de, en });

/** Phones enter as viewers: decided by the machine, not by how wide the frame is. */
function isPhone() {
  const smallest = Math.min(screen.width, screen.height);
  return matchMedia("(pointer: coarse)").matches && smallest < PHONE_AT_MOST;
}

/** The language of the course page where there is a catalogue for it. @param {string | null} wished */
function chooseLanguage(wished) {
  const tag = (wished ?? navigator.language).split(/[-_]/)[0] ?? "en";
  const known = Object.hasOwn(CATALOGUES, tag) ? /** @type {keyof typeof CATALOGUES} */ (tag) : "en";
  const locale = known === tag && wished ? wished.replace("_", "-") : known;
  speak(locale, CATALOGUES[known]);
  document.documentElement.lang = locale;
  document.documentElement.dir = directionOf(locale);
}

/** @param {Handoff} handoff */
function build(handoff) {
  const store = new Store();
  const page = new Page({ phone: isPhone(), framed: window.top !== window });
  const devices = new Devices();
  /** @type {Live} */
  let live;
  const client = new RoomClient({
    io,
    origin: location.origin,
    passport: handoff,
    deliver: (message) => {
      if (message.kind === "media") live.receive(/** @type {any} */ (message.message));
      else if (message.kind === "bye") sayGoodbye(page, devices, message.bye);
      else store.dispatch(message);
    },
    onStatus: (status) => {
      store.follow(status);
      if (status.state === "ended" && status.failure && page.view.value !== "left")
        endWith(page, status.failure);
    },
  });
  live = new Live({ client, store, page, devices, open: (parts) => new MediaSession(parts) });
  const actions = new Actions({ client, store, page, devices, passage: handoff });
  tellOfDevices(devices, store, actions);
  return { store, page, devices, client, live, actions, api: new Api(handoff) };
}

/** @param {Page} page @param {Devices} devices @param {import("./wire/types").Bye} bye */
function sayGoodbye(page, devices, bye) {
  devices.close();
  endWith(page, bye);
}

/** @param {Page} page @param {import("./wire/types").Failure} failure */
function endWith(page, failure) {
  page.dialog.value = null;
  page.question.value = null;
  if (failure.code === "left") page.view.value = "left";
  else if (failure.code === "session_ended" || failure.code === "removed") {
    page.failure.value = failure;
    page.view.value = "left";
  } else page.fail(failure.code, failure.message);
}

/** Also to the room: a camera that has gone shows nothing, so it is off. @param {Devices} devices @param {Store} store @param {Actions} actions */
function tellOfDevices(devices, store, actions) {
  devices.onChange = ({ what, kind, name }) => {
    const onStage = store.room.value?.me.place === "on_stage";
    if (what === "lost" && kind !== "speaker" && onStage) actions.switch(kind, false);
    const key = what === "speaker_gone" ? "trouble.speaker_gone" : `trouble.${kind}_${what}`;
    store.tell({
      as: "notice",
      tone: "surface",
      key,
      args: { name, speaker: name },
      topic: `device:${kind}`,
      speak: "polite",
    });
  };
}

/** @param {Handoff} handoff @param {ReturnType<typeof build>} app */
async function begin(handoff, { page, client, actions, store }) {
  /** @type {Boot} */
  let boot;
  try {
    boot = await handoff.start();
  } catch (error) {
    const known = error instanceof HandoffFailed;
    page.fail(known ? error.code : "network", error instanceof Error ? error.message : "");
    return;
  }
  chooseLanguage(boot.locale);
  page.returnUrl.value = boot.return_url;
  page.teaches = boot.participant.teaches;
  page.limits = { ...page.limits, ...boot.settings };
  client.connect();
  const stop = store.room.subscribe((state) => {
    if (!state || page.view.value !== "boot") return;
    queueMicrotask(() => stop());
    comeIn(handoff, page, actions);
  });
}

/** A reloaded page goes straight in again: the person had pressed it here before. @param {Handoff} handoff @param {Page} page @param {Actions} actions */
async function comeIn(handoff, page, actions) {
  const inside = handoff.entered && (await actions.enter());
  if (!inside && page.view.value === "boot") page.view.value = "devices";
}

/** A page put aside lets go at once, and comes back when the browser shows it again. @param {Handoff} handoff @param {RoomClient} client */
function followBrowser(handoff, client) {
  handoff.addEventListener("hide", () => client.disconnect());
  handoff.addEventListener("show", () => client.revive());
  window.addEventListener("online", () => client.revive());
}

const handoff = new Handoff();
chooseLanguage(null);
const app = build(handoff);
const root = document.getElementById("app");
if (root) mount(root, app);
app.live.start();
followBrowser(handoff, app.client);
begin(handoff, app);
