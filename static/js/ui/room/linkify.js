/**
 * Finds the addresses in a text. The pieces become text nodes and links, never markup.
 *
 * @typedef {{text: string, href?: string}} Piece
 */

const ADDRESS = /(?:https?:\/\/|mailto:)[^\s<>"']+/giu;
const TRAILING = /[.,;:!?…)\]}»”’]+$/u;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** @param {string} text @returns {Piece[]} */
export function linkify(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(found);
    const href = safe(address);
    if (!href) continue;
    if (index > end) pieces.push({ text: text.slice(end, index) });
    pieces.push({ text: address, href });
    end = index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** The full stop after an address is not part of it; a closing bracket is, if it was opened inside. @param {string} found */
function trimmed(found) {
  let address = found;
  for (;;) {
    const tail = TRAILING.exec(address)?.[0];
    if (!tail) return address;
    const last = address.at(-1);
    if (last === ")" && count(address, "(") >= count(address, ")")) return address;
    address = address.slice(0, -1);
  }
}

/** @param {string} text @param {string} letter */
function count(text, letter) {
  return text.split(letter).length - 1;
}

/** @param {string} address */
function safe(address) {
  try {
    const url = new URL(address);
    const names = url.protocol === "mailto:" ? url.pathname !== "" : url.hostname !== "";
    return SCHEMES.has(url.protocol) && names ? url.href : null;
  } catch {
    return null;
  }
}
