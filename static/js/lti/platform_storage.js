/**
 * LTI platform storage (LTI-CS-PM 0.1, LTI-PM-S 0.1): the LMS's page keeps a value for us where the
 * browser keeps no cookie. Only answers from the right window, origin and question count.
 *
 * Which frame keeps values: the one that the LMS's page names when it is asked what it can do, else the
 * one named at login (`lti_storage_target`), else that page itself. Older platforms know the messages by
 * a longer name; they are asked under both.
 */

/**
 * @typedef {object} Place
 * @property {string} target name of the frame that keeps values, `_parent` for the LMS's page, "" if none was named
 * @property {string} origin origin of the platform's authorisation address
 * @property {string} key
 */

/**
 * @typedef {object} Keeper who keeps values, and the name its messages begin with
 * @property {Window} frame
 * @property {string} prefix
 */

const PREFIXES = ["lti.", "org.imsglobal.lti."];
const PATIENCE_WITH_NAMED_FRAME_MS = 300;

/**
 * The place named in the page's `data-storage-…` attributes, or null.
 * @param {DOMStringMap} data
 * @returns {Place | null}
 */
export function placeOf(data) {
  const { storageTarget = "", storageOrigin, storageKey } = data;
  if (!storageOrigin || !storageKey) return null;
  return { target: storageTarget, origin: storageOrigin, key: storageKey };
}

/**
 * Put a value; resolves to whether the platform said it has it.
 * @param {Place} place
 * @param {string} value
 * @param {number} patience milliseconds, for everything together
 * @returns {Promise<boolean>}
 */
export async function put(place, value, patience) {
  const until = performance.now() + patience;
  const keeper = await keeperOf(place, "put_data", patience);
  const answer = keeper && (await keep(keeper, place, "put_data", { value }, until));
  return answer !== null && answer.value === value;
}

/**
 * Get a value and have it deleted; resolves to null if there is none or nobody answers.
 * @param {Place} place
 * @param {number} patience milliseconds, for everything together
 * @returns {Promise<string | null>}
 */
export async function take(place, patience) {
  const until = performance.now() + patience;
  const keeper = await keeperOf(place, "get_data", patience);
  const answer = keeper && (await keep(keeper, place, "get_data", {}, until));
  if (!keeper || !answer || typeof answer.value !== "string" || !answer.value) return null;
  keep(keeper, place, "put_data", { value: null }, until);
  return answer.value;
}

/**
 * @param {Keeper} keeper
 * @param {Place} place
 * @param {"put_data" | "get_data"} what
 * @param {Record<string, unknown>} members
 * @param {number} until when to give up, as `performance.now()` counts
 */
async function keep(keeper, place, what, members, until) {
  const question = { subject: keeper.prefix + what, key: place.key, ...members };
  const answer = await ask(keeper.frame, question, place.origin, Math.max(0, until - performance.now()));
  return answer && !answer.error && answer.key === place.key ? answer : null;
}

/**
 * @param {Place} place
 * @param {string} what
 * @param {number} patience
 * @returns {Promise<Keeper | null>}
 */
async function keeperOf(place, what, patience) {
  const home = window.opener || (window.parent === window ? null : window.parent);
  if (!home) return null;
  const can = await capabilities(
    home,
    place.target ? Math.min(PATIENCE_WITH_NAMED_FRAME_MS, patience) : patience,
  );
  for (const prefix of PREFIXES) {
    const found = can.find((message) => message.subject === prefix + what);
    if (!found) continue;
    const frame = frameNamed(home, typeof found.frame === "string" ? found.frame : place.target);
    if (frame) return { frame, prefix };
  }
  const frame = place.target ? frameNamed(home, place.target) : null;
  return frame && { frame, prefix: "lti." };
}

/**
 * What the LMS's page says it can do; empty if it says nothing. Its answer only names a frame: what is put
 * there goes to the platform's origin and to nobody else, so who answers need not be known.
 * @param {Window} home
 * @param {number} patience
 * @returns {Promise<{subject?: unknown, frame?: unknown}[]>}
 */
async function capabilities(home, patience) {
  const asked = PREFIXES.map((prefix) => ask(home, { subject: `${prefix}capabilities` }, "*", patience));
  const answer = await firstOf(asked);
  const list = answer?.supported_messages;
  return Array.isArray(list)
    ? list.filter((one) => typeof one === "object" && one !== null).slice(0, 100)
    : [];
}

/**
 * The first answer that is none of nothing; null once all are nothing.
 * @param {Promise<Record<string, unknown> | null>[]} asked
 */
async function firstOf(asked) {
  const found = asked.map(async (one) => (await one) ?? Promise.reject());
  return Promise.any(found).catch(() => null);
}

/**
 * @param {Window} frame
 * @param {{subject: string} & Record<string, unknown>} question
 * @param {string} origin who may read the question and answer it; `*` for anybody
 * @param {number} patience
 * @returns {Promise<Record<string, unknown> | null>}
 */
function ask(frame, question, origin, patience) {
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
      const fromThere = event.source === frame && (origin === "*" || event.origin === origin);
      if (!fromThere || typeof data !== "object" || data === null) return;
      if (data.message_id === id && data.subject === `${question.subject}.response`) finish(data);
    };
    const timer = setTimeout(() => finish(null), patience);
    addEventListener("message", listen);
    frame.postMessage({ ...question, message_id: id }, origin);
  });
}

/**
 * @param {Window} home
 * @param {string} name
 * @returns {Window | null}
 */
function frameNamed(home, name) {
  if (!name || name === "_parent") return home;
  for (const where of [home, window.top]) {
    try {
      const found = /** @type {Record<string, Window> | undefined} */ (
        /** @type {unknown} */ (where?.frames)
      )?.[name];
      if (found) return found;
    } catch {
      // A window of another origin throws for names it does not have.
    }
  }
  return null;
}

function questionId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
}
