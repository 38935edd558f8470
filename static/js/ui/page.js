/**
 * What this page alone decides: which view and panel is open, which dialog, what the person prefers.
 *
 * @typedef {"boot" | "devices" | "room" | "left" | "error"} View
 * @typedef {"chat" | "participants"} Panel
 * @typedef {"ready" | "settings" | "keys" | "framed" | "grades" | "my_attendance"} DialogName
 * @typedef {{question: string, args?: Record<string, string>, yes: string, no?: string, run: () => void}} Question
 * @typedef {"wide" | "frame" | "narrow" | "phone"} Size
 * @typedef {"system" | "light" | "dark"} Theme
 * @typedef {{theme: Theme, singleKeys: boolean, holdToTalk: boolean, speakChat: boolean, panel: Panel | null, lowData: boolean | null}} Preferences
 */
import { computed, signal } from "../../vendor/ui.js";
import { recall, remember } from "../media/storage.js";

const REMEMBERED_AS = "preferences";

/** @type {Preferences} */
const USUAL = {
  theme: "system",
  singleKeys: true,
  holdToTalk: false,
  speakChat: false,
  panel: null,
  lowData: null,
};

export class Page {
  /** @param {{phone: boolean, framed: boolean}} place  what kind of screen this page is on */
  constructor({ phone, framed }) {
    this.isPhone = phone;
    this.isFramed = framed;
    /** The limits the server told at boot; until then its usual ones. @type {{keep_seat_seconds: number, chat_characters: number}} */
    this.limits = { keep_seat_seconds: 30, chat_characters: 2000 };
    /** Whether the launch was a teacher's: only then is the class's attendance shown. */
    this.teaches = false;
    this.view = signal(/** @type {View} */ ("boot"));
    this.failure = signal(/** @type {import("../wire/types").Failure | null} */ (null));
    this.returnUrl = signal(/** @type {string | null} */ (null));
    this.preferences = signal({ ...USUAL, ...recall(REMEMBERED_AS) });
    /** As little data as possible: what the person chose, else what the browser was told. */
    this.lowData = computed(() => this.preferences.value.lowData ?? savesData());
    this.panel = signal(/** @type {Panel | null} */ (null));
    /** Whether the person opened the panel by a press, which then takes the focus. */
    this.panelPressed = false;
    this.dialog = signal(/** @type {DialogName | null} */ (null));
    /** Why the press in "Get ready to join the stage" did not lead there: said in the dialog, which covers the strip. */
    this.refused = signal(/** @type {import("../state/types").Moment | null} */ (null));
    this.readyFor = signal(/** @type {"invitation" | "access"} */ ("access"));
    this.question = signal(/** @type {Question | null} */ (null));
    this.personMenu = signal(/** @type {{id: string, opener: HTMLElement} | null} */ (null));
    this.tray = signal(false);
    this.busy = signal(/** @type {string | null} */ (null));
    this.unread = signal(0);
    this.windowOpenedAt = signal(/** @type {number | null} */ (null));
    this.soundBlocked = signal(false);
    this.foldedRequests = signal(/** @type {ReadonlySet<string>} */ (new Set()));
    this.box = signal({ width: 0, height: 0 });
    this.size = computed(() => sizeOf(this.box.value, phone));
    /** Whether an open panel lies over the stage, which then lets nothing be pressed under it. */
    this.isCovered = computed(() => {
      const { width, height } = this.box.value;
      return this.panel.value !== null && ((width >= 480 && width < 560) || (width >= 480 && height < 400));
    });
    this.gettingReady = computed(() => this.dialog.value === "ready");
  }

  /** @param {Partial<Preferences>} change */
  prefer(change) {
    this.preferences.value = { ...this.preferences.value, ...change };
    remember(REMEMBERED_AS, this.preferences.value);
  }

  /** Open a panel, or close it by a second press. @param {Panel | null} panel */
  show(panel) {
    const next = this.panel.value === panel ? null : panel;
    this.panelPressed = next !== null;
    this.panel.value = next;
    if (next === "chat") this.unread.value = 0;
    if (this.size.value === "wide" || this.size.value === "frame") this.prefer({ panel: next });
  }

  /** @param {string} code @param {string} message */
  fail(code, message) {
    this.failure.value = { code, message };
    this.view.value = "error";
  }
}

/** Whether the whole browser is to save data. Not every one can say. */
function savesData() {
  return !!(/** @type {any} */ (globalThis.navigator)?.connection?.saveData);
}

/** @param {{width: number, height: number}} box @param {boolean} phone @returns {Size} */
export function sizeOf({ width, height }, phone) {
  if (width < 480 || (phone && height < 600)) return "phone";
  if (width < 700) return "narrow";
  return width < 1100 ? "frame" : "wide";
}
