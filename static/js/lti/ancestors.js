/**
 * Tell the server inside which pages this frame is shown, so that a launch can say "shown inside X, which is
 * not allowed here" where the browser would show a blank frame (rule 12 of the hand-off).
 */

const PATIENCE_MS = 1000;
const MOST = 16;

/**
 * Tell it, unless all of them are known to be allowed. Resolves when that is done or took too long; it is
 * never a reason to stop.
 * @param {string | undefined} state of the login
 * @param {string} [known] origins that may show the room, separated by spaces
 */
export async function tellAncestors(state, known = "") {
  // Not in every browser; there the blank frame stays.
  const ancestors = Array.from(window.location.ancestorOrigins ?? []).slice(0, MOST);
  const allowed = new Set([location.origin, ...known.split(" ")]);
  if (!state || ancestors.every((origin) => allowed.has(origin))) return;
  try {
    await fetch("/lti/ancestors", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ state, ancestors }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    // The launch works without.
  }
}
