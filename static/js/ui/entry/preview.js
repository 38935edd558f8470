import { html, useEffect, useRef } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { Icon } from "../parts/icon.js";

/** Shows a track, without its sound. @param {{track: MediaStreamTrack, mirrored?: boolean, name: string}} props */
export function Picture({ track, mirrored = false, name }) {
  /** @type {{current: HTMLVideoElement | null}} */
  const video = useRef(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    element.srcObject = new MediaStream([track]);
    element.play().catch(() => {});
    return () => {
      element.pause();
      element.srcObject = null;
    };
  }, [track]);
  return html`<video
    ref=${video}
    class=${mirrored ? "picture mirrored" : "picture"}
    aria-label=${name}
    playsinline
    autoplay
    muted
  ></video>`;
}

/** One's own picture, the name others will see, and two switches. */
export function Preview() {
  const { state, devices } = useRoom();
  const { camera, microphone } = devices.tracks.value;
  const { camera: cameraOn, microphone: microphoneWanted } = devices.wanted.value;
  const microphoneOn = microphoneWanted && !!microphone;
  const { id, name } = state.me;
  return html`<div class="preview">
    ${
      camera && cameraOn
        ? html`<${Picture} track=${camera} mirrored name=${t("devices.preview")} />`
        : html`<div class="preview-off"><${Avatar} id=${id} name=${name} look="large" /></div>`
    }
    <p class="chip">
      <${Icon} name=${microphoneOn ? "microphone" : "microphone-off"} /><bdi>${t("you.after_name", { name })}</bdi>
    </p>
    <div class="preview-switches">
      <${Switch} kind="microphone" on=${microphoneOn} />
      <${Switch} kind="camera" on=${cameraOn && !!camera} />
    </div>
  </div>`;
}

const LABELS = Object.freeze({
  microphone: ["devices.unmute", "devices.mute"],
  camera: ["devices.start_camera", "devices.stop_camera"],
});

/** @param {{kind: "microphone" | "camera", on: boolean}} props */
function Switch({ kind, on }) {
  const { devices } = useRoom();
  const label = t(LABELS[kind][on ? 1 : 0] ?? "");
  return html`<button
    type="button"
    class=${on ? "round-switch" : "round-switch off"}
    aria-label=${label}
    title=${label}
    onClick=${() => devices.turn(kind, !on)}
  >
    <${Icon} name=${on ? kind : `${kind}-off`} />
  </button>`;
}
