/**
 * What this browser lets the room do in this very frame.
 *
 * @typedef {{ask: (address: string, body: object) => Promise<any>}} Server
 */

const FEATURES = ["camera", "microphone", "display-capture", "autoplay", "fullscreen"];
const PLATFORM_ANSWERS_MS = 1000;
const SOCKET_MS = 5000;
const MEDIA_MS = 8000;

/** Where the browser does not tell, trying is the only way: it asks nobody and switches nothing on. */
export async function allowed() {
  const policy =
    /** @type {any} */ (document).permissionsPolicy ?? /** @type {any} */ (document).featurePolicy;
  const told = (/** @type {string} */ feature) => Boolean(policy.allowsFeature(feature));
  if (policy) return Object.fromEntries(FEATURES.map((feature) => [feature, told(feature)]));
  const fullscreen = document.fullscreenEnabled;
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  const has = (/** @type {MediaDeviceKind} */ kind) => (devices ?? []).some((one) => one.kind === kind);
  const capture = "getDisplayMedia" in (navigator.mediaDevices ?? {});
  return {
    camera: has("videoinput"),
    microphone: has("audioinput"),
    "display-capture": capture,
    autoplay: true,
    fullscreen,
  };
}

/** Whether anything can be kept here, and whether that is apart from our windows outside of the LMS. */
export async function storage() {
  let kept = false;
  try {
    localStorage.setItem("check", "1");
    localStorage.removeItem("check");
    kept = true;
  } catch {
    // All cookies and storage are blocked here.
  }
  const whole = await document.hasStorageAccess?.().catch(() => false);
  return { storage: kept && navigator.cookieEnabled, partitioned: window.top !== window && whole !== true };
}

/** Whether the LMS answers `lti.capabilities` (LTI Client Side postMessages). @returns {Promise<boolean>} */
export function platformStorage() {
  const platform = window.opener ?? window.parent;
  if (platform === window) return Promise.resolve(false);
  return new Promise((resolve) => {
    const id = crypto.randomUUID();
    const end = (/** @type {boolean} */ found) => {
      removeEventListener("message", listen);
      clearTimeout(timer);
      resolve(found);
    };
    const listen = (/** @type {MessageEvent} */ { data }) => {
      if (data?.subject !== "lti.capabilities.response" || data.message_id !== id) return;
      const subjects = (data.supported_messages ?? []).map(
        (/** @type {{subject: string}} */ one) => one?.subject,
      );
      end(subjects.includes("lti.put_data"));
    };
    const timer = setTimeout(() => end(false), PLATFORM_ANSWERS_MS);
    addEventListener("message", listen);
    // The answer to "what can you do" holds nothing, and who frames us is what we want to find out.
    platform.postMessage({ subject: "lti.capabilities", message_id: id }, "*");
  });
}

/** Whether a websocket opens and the room's server greets on it. @param {string} address @returns {Promise<boolean>} */
export function websocket(address) {
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    const end = (/** @type {boolean} */ reached) => {
      clearTimeout(timer);
      socket.close();
      resolve(reached);
    };
    const timer = setTimeout(() => end(false), SOCKET_MS);
    socket.addEventListener("message", ({ data }) => end(String(data).startsWith("0")));
    socket.addEventListener("error", () => end(false));
  });
}

/**
 * Connect to a media worker as a room does, with nothing to send: no device is touched.
 *
 * @param {Server} server
 */
export async function media(server) {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  try {
    const { mid, sdp } = await offer(connection);
    let answer;
    try {
      answer = await server.ask("/api/check/media", { sdp, mid });
    } catch {
      return { connected: false, where: "", problem: "server" };
    }
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    const where = candidateOf(answer.sdp);
    const connected = await isConnected(connection);
    return { connected, where, problem: connected ? "" : "network" };
  } finally {
    connection.close();
  }
}

/** @param {RTCPeerConnection} connection */
async function offer(connection) {
  const transceiver = connection.addTransceiver("audio", { direction: "sendonly" });
  await connection.setLocalDescription(await connection.createOffer());
  return { mid: transceiver.mid ?? "0", sdp: connection.localDescription?.sdp ?? "" };
}

/** Where the worker says it listens. @param {string} sdp */
function candidateOf(sdp) {
  const found = /^a=candidate:\S+ \d+ udp \d+ (\S+) (\d+)/im.exec(sdp);
  return found ? `${found[1]}:${found[2]}` : "";
}

/** @param {RTCPeerConnection} connection @returns {Promise<boolean>} */
function isConnected(connection) {
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ reached) => {
      clearTimeout(timer);
      resolve(reached);
    };
    const timer = setTimeout(() => end(false), MEDIA_MS);
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "connected") end(true);
      if (connection.connectionState === "failed") end(false);
    });
  });
}
