/**
 * The sentences of the room in the person's language. Every sentence comes from a catalogue; numbers
 * and plurals follow the language.
 *
 * @typedef {Readonly<Record<string, string | Readonly<Record<string, string>>>>} Catalogue
 */
import { en } from "./en.js";

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

/** @type {{locale: string, sentences: Catalogue, plurals: Intl.PluralRules, numbers: Intl.NumberFormat}} */
let language = speaking("en", en);

/** @param {string} locale @param {Catalogue} sentences */
function speaking(locale, sentences) {
  return {
    locale,
    sentences,
    plurals: new Intl.PluralRules(locale),
    numbers: new Intl.NumberFormat(locale),
  };
}

/** @param {string} locale @param {Catalogue} sentences */
export function speak(locale, sentences) {
  language = speaking(locale, { ...en, ...sentences });
}

export function locale() {
  return language.locale;
}

/** @param {string} tag  a language tag @returns {"rtl" | "ltr"} */
export function directionOf(tag) {
  return RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr";
}

/** @param {number} n */
export function number(n) {
  return language.numbers.format(n);
}

/**
 * A sentence as plain text.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [args]
 */
export function t(key, args = {}) {
  return parts(key, args).join("");
}

/**
 * A sentence in pieces, so that a name in it can be an element of its own.
 *
 * @template T
 * @param {string} key
 * @param {Record<string, T | string | number>} [args]
 * @returns {Array<T | string>}
 */
export function parts(key, args = {}) {
  const pieces = form(key, args.n).split(/\{(\w+)\}/);
  return pieces
    .map((piece, at) => (at % 2 === 0 ? piece : filled(args[piece])))
    .filter((piece) => piece !== "");
}

/** @template T @param {T | string | number | undefined} value @returns {T | string} */
function filled(value) {
  if (typeof value === "number") return number(value);
  return value ?? "";
}

/** @param {string} key @param {unknown} n */
function form(key, n) {
  const sentence = language.sentences[key];
  if (sentence === undefined) throw new Error(`No sentence for ${key}`);
  if (typeof sentence === "string") return sentence;
  const chosen = typeof n === "number" ? language.plurals.select(n) : "other";
  return sentence[chosen] ?? sentence.other ?? "";
}

/** Hours and minutes of a moment. @param {number} seconds  since the epoch */
export function clockTime(seconds) {
  return new Intl.DateTimeFormat(language.locale, { hour: "numeric", minute: "2-digit" }).format(
    seconds * 1000,
  );
}

/** A day and a moment in it, short. @param {number} seconds  since the epoch */
export function dayTime(seconds) {
  return new Intl.DateTimeFormat(language.locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  }).format(seconds * 1000);
}

/** A length of time as `24:10` or `1:04:09`. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

/** A countdown as `1:26` or `0:09`. @param {number} seconds */
export function countdown(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
