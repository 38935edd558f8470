// The portal page of the emulated Sakai: LTI platform storage and frame size, for direct child frames with an id.
import { setFrameHeight } from "./frame_size.js";

const LARGEST_STORE = 300000;
const OLD_PREFIX = "org.imsglobal.";
const SUBJECTS = ["lti.capabilities", "lti.put_data", "lti.get_data", "lti.frameResize", "lti.scrollToTop"];

/** @type {Map<string, string>} */
const store = new Map();

/** @param {string} origin @param {unknown} key */
const place = (origin, key) => `${origin} ${String(key)}`;

/** @param {string} origin @param {Record<string, any>} message */
const put = (origin, { key, value }) => {
  if (typeof key !== "string" || !key) return { error: "key is required" };
  const next = new Map(store);
  if (value === null || value === undefined) next.delete(place(origin, key));
  else next.set(place(origin, key), String(value));
  const size = [...next].reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (size > LARGEST_STORE) return { key, error: "storage is full" };
  store.clear();
  for (const [name, text] of next) store.set(name, text);
  return { key, value };
};

/** @param {string} origin @param {Record<string, any>} message */
const get = (origin, { key }) => {
  const value = store.get(place(origin, key));
  return value === undefined ? { key, error: "no value for this key" } : { key, value };
};

/** @param {string} subject @param {string} origin @param {Record<string, any>} message @param {HTMLIFrameElement} frame */
const reply = (subject, origin, message, frame) => {
  switch (subject) {
    case "lti.capabilities":
      return { supported_messages: SUBJECTS.map((name) => ({ subject: name, frame: "_parent" })) };
    case "lti.put_data":
      return put(origin, message);
    case "lti.get_data":
      return get(origin, message);
    case "lti.frameResize":
      setFrameHeight(frame, message.height);
      return null;
    case "lti.scrollToTop":
      window.scrollTo(0, 0);
      return null;
    default:
      return null;
  }
};

/** @param {unknown} data */
const parsed = (data) => {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
};

window.addEventListener("message", (event) => {
  const frame = [...document.querySelectorAll("iframe[id]")].find(
    (element) => element instanceof HTMLIFrameElement && element.contentWindow === event.source,
  );
  const message = parsed(event.data);
  if (!(frame instanceof HTMLIFrameElement) || typeof message?.subject !== "string") return;
  const answer = reply(message.subject.replace(OLD_PREFIX, ""), event.origin, message, frame);
  if (answer === null) return;
  const envelope = { subject: `${message.subject}.response`, message_id: message.message_id, ...answer };
  event.source?.postMessage(envelope, { targetOrigin: event.origin });
});
