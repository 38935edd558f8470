/**
 * What the tables of attendance show, without DOM.
 *
 * @typedef {import("./types").Book} Book
 * @typedef {import("./types").Line} Line
 * @typedef {import("./types").Status} Status
 */

export const STATUSES = Object.freeze(
  /** @type {const} */ (["present", "late", "left_early", "absent", "excused"]),
);

/** People by name, as the language sorts them. @param {readonly Line[]} people @param {string} locale */
export function sorted(people, locale) {
  const order = new Intl.Collator(locale, { sensitivity: "base", numeric: true });
  return [...people].sort((a, b) => order.compare(a.name, b.name) || a.id.localeCompare(b.id));
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** @param {readonly Line[]} people @param {string} search */
export function called(people, search) {
  return people.filter((one) => plain(one.name).includes(plain(search.trim())));
}

/** How sending stands. @param {Book} book */
export function progress(book) {
  const count = (/** @type {import("./types").LineState} */ state) =>
    book.people.filter((one) => one.state === state).length;
  return { waiting: count("waiting"), sent: count("sent"), failed: count("failed") };
}

/** Minutes, whole; somebody who was there at all was there for one. @param {number} seconds */
export function minutes(seconds) {
  return seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : 0;
}

/**
 * A table as text for a spreadsheet: RFC 4180. A name that a spreadsheet would take for a formula is quoted.
 *
 * @param {readonly (readonly (string | number)[])[]} rows
 */
export function csv(rows) {
  const cell = (/** @type {string | number} */ value) => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
