// The course page of the emulated Canvas: LTI platform storage, frame size, and the start of the launch.
import { setFrameHeight } from "./frame_size.js";

const FORWARDING = "post_message_forwarding";
const KEYS_PER_ORIGIN = 500;
const CHARACTERS_PER_ORIGIN = 4096;

/** @type {Map<string, Map<string, string>>} */
const stores = new Map();

/** @param {string} origin */
const storeOf = (origin) => {
  const store = stores.get(origin) ?? new Map();
  stores.set(origin, store);
  return store;
};

/** @param {string} origin @param {{key?: unknown, value?: unknown}} message */
const put = (origin, { key, value }) => {
  if (typeof key !== "string" || !key) {
    return { error: { code: "bad_request", message: "Missing required 'key' parameter" } };
  }
  const store = storeOf(origin);
  if (value === null || value === undefined) {
    store.delete(key);
    return { key, value: null };
  }
  const next = new Map(store).set(key, String(value));
  const characters = [...next].reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (next.size > KEYS_PER_ORIGIN || characters > CHARACTERS_PER_ORIGIN) {
    return { error: { code: "storage_exhaustion", message: "Storage limit reached" } };
  }
  stores.set(origin, next);
  return { key, value };
};

/** @param {string} origin @param {{key?: unknown}} message */
const get = (origin, { key }) =>
  typeof key === "string" && key
    ? { key, value: storeOf(origin).get(key) ?? null }
    : { error: { code: "bad_request", message: "Missing required 'key' parameter" } };

const capabilities = () => ({
  supported_messages: [
    { subject: "lti.capabilities" },
    { subject: "lti.frameResize" },
    { subject: "lti.get_data", frame: FORWARDING },
    { subject: "lti.put_data", frame: FORWARDING },
  ],
});

/** @param {string} origin @param {Record<string, any>} message @param {HTMLIFrameElement} frame */
const reply = (origin, message, frame) => {
  switch (message.subject) {
    case "lti.capabilities":
      return capabilities();
    case "lti.put_data":
      return put(origin, message);
    case "lti.get_data":
      return get(origin, message);
    case "lti.frameResize":
      setFrameHeight(frame, message.height);
      return {};
    default:
      return { error: { code: "unsupported_subject", message: "Not supported" } };
  }
};

const forwarder = () => {
  const frame = document.getElementById(FORWARDING);
  return frame instanceof HTMLIFrameElement ? frame : null;
};

window.addEventListener("message", (event) => {
  const message = event.data;
  if (typeof message !== "object" || message === null || typeof message.subject !== "string") return;
  const forwarded = event.source === forwarder()?.contentWindow;
  const tool = document.querySelector("iframe.tool_launch");
  if (!(tool instanceof HTMLIFrameElement)) return;
  if (!forwarded && event.source !== tool.contentWindow) return;
  const origin = forwarded ? message.toolOrigin : event.origin;
  const answer = {
    subject: `${message.subject}.response`,
    message_id: message.message_id,
    ...reply(origin, message, tool),
  };
  const route = forwarded ? { frameIndex: message.frameIndex, toolOrigin: origin } : {};
  event.source?.postMessage({ ...answer, ...route }, { targetOrigin: event.origin });
});

// Only now is the forwarding frame there to answer the tool's first message.
window.addEventListener("load", () => {
  const form = document.getElementById("tool_form");
  if (form instanceof HTMLFormElement) form.submit();
});
