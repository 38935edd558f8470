/** Moments (seconds since the epoch) and what `<input type="datetime-local">` holds: local time without a zone. */

/** @param {number} seconds */
export function toLocal(seconds) {
  const date = new Date(seconds * 1000);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment of a local time, null where there is none. @param {string} local */
export function fromLocal(local) {
  const at = local ? new Date(local).getTime() / 1000 : Number.NaN;
  return Number.isFinite(at) ? at : null;
}

/** The name of this browser's time zone, such as Europe/Berlin. */
export function timeZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
