/**
 * Why a camera or microphone cannot be had, in words the page has sentences for.
 *
 * @typedef {"camera" | "microphone"} Kind
 * @typedef {"blocked" | "framed" | "nothing" | "no_camera" | "no_microphone" | "camera_busy" | "microphone_busy"} Reason
 */

/** Whether the page that frames this one withholds a feature. Unknown counts as allowed. @param {string} feature */
export function frameForbids(feature) {
  const policy = /** @type {any} */ (document).featurePolicy;
  return window.top !== window && policy?.allowsFeature?.(feature) === false;
}

/**
 * @param {unknown} error  what `getUserMedia` threw
 * @param {Kind[]} wanted
 * @returns {Reason}
 */
export function reasonOf(error, wanted) {
  const name = error instanceof Error ? error.name : "";
  const only = wanted.length === 1 ? wanted[0] : null;
  if (name === "NotAllowedError" || name === "SecurityError") return blockedHere() ? "framed" : "blocked";
  if (name === "NotReadableError" || name === "AbortError")
    return only === "microphone" ? "microphone_busy" : "camera_busy";
  if (only === null) return "nothing";
  return only === "camera" ? "no_camera" : "no_microphone";
}

/** A browser that cannot say what the frame forbids is believed when a frame is refused. */
function blockedHere() {
  if (window.top === window) return false;
  const policy = /** @type {any} */ (document).featurePolicy;
  return policy ? frameForbids("camera") || frameForbids("microphone") : true;
}
