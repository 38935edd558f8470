/**
 * LTI platform storage (LTI-CS-PM 0.1, LTI-PM-S 0.1): the LMS's page keeps a value for us where the
 * browser keeps no cookie. Only answers from the right window, origin and question count.
 */

/**
 * @typedef {object} Place
 * @property {string} target name of the frame that keeps values, `_parent` for the LMS's page itself
 * @property {string} origin origin of the platform's authorisation address
 * @property {string} key
 */

/**
 * The place named in the page's `data-storage-…` attributes, or null.
 * @param {DOMStringMap} data
 * @returns {Place | null}
 */
export function placeOf(data) {
  const { storageTarget, storageOrigin, storageKey } = data;
  if (!storageTarget || !storageOrigin || !storageKey) return null;
  return { target: storageTarget, origin: storageOrigin, key: storageKey };
}

/**
 * Put a value; resolves to whether the platform said it has it.
 * @param {Place} place
 * @param {string | null} value null deletes
 * @param {number} patience milliseconds
 * @returns {Promise<boolean>}
 */
export async function put(place, value, patience) {
  const answer = await ask(place, "lti.put_data", { value }, patience);
  return answer !== null && answer.value === value;
}

/**
 * Get a value; resolves to null if there is none or nobody answers.
 * @param {Place} place
 * @param {number} patience milliseconds
 * @returns {Promise<string | null>}
 */
export async function get(place, patience) {
  const answer = await ask(place, "lti.get_data", {}, patience);
  return answer && typeof answer.value === "string" && answer.value ? answer.value : null;
}

/**
 * @param {Place} place
 * @param {string} subject
 * @param {Record<string, unknown>} members
 * @param {number} patience
 * @returns {Promise<Record<string, unknown> | null>}
 */
function ask(place, subject, members, patience) {
  const frame = frameNamed(place.target);
  if (!frame) return Promise.resolve(null);
  const id = questionId();
  return new Promise((resolve) => {
    /** @param {Record<string, unknown> | null} answer */
    const finish = (answer) => {
      clearTimeout(timer);
      removeEventListener("message", listen);
      resolve(answer);
    };
    /** @param {MessageEvent} event */
    const listen = (event) => {
      const data = event.data;
      const ours = event.origin === place.origin && event.source === frame;
      if (!ours || typeof data !== "object" || data === null) return;
      if (data.message_id !== id || data.subject !== `${subject}.response`) return;
      finish(data.error || data.key !== place.key ? null : data);
    };
    const timer = setTimeout(() => finish(null), patience);
    addEventListener("message", listen);
    frame.postMessage({ subject, message_id: id, key: place.key, ...members }, place.origin);
  });
}

/**
 * @param {string} name
 * @returns {Window | null}
 */
function frameNamed(name) {
  const home = window.opener || (window.parent === window ? null : window.parent);
  if (!home || name === "_parent") return home;
  for (const where of [home, window.top]) {
    try {
      if (where?.frames[name]) return where.frames[name];
    } catch {
      // A window of another origin throws for names it does not have.
    }
  }
  return null;
}

function questionId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
}
