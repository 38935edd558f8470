import { html } from "../../../vendor/ui.js";

const HUES = ["sage", "clay", "sky", "plum", "sand", "slate"];

/** The colour pair of a person: from the id, never from the role. @param {string} id */
export function hueOf(id) {
  let hash = 2166136261;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  return `hue-${HUES[(hash >>> 0) % HUES.length]}`;
}

/** First letters of the first and the last word of a name. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends
    .map((word) => [...(word ?? "")].find((letter) => /\p{L}|\p{N}/u.test(letter)) ?? "")
    .join("")
    .toUpperCase();
}

/** @param {{id: string, name: string, look?: string}} props */
export function Avatar({ id, name, look = "" }) {
  return html`<span class=${`avatar ${hueOf(id)} ${look}`} aria-hidden="true">${initials(name)}</span>`;
}
