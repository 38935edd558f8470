import { html, useEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { mayCrop } from "../../state/grid.js";
import { handNumber, isStaff, microphoneOf, sharer } from "../../state/select.js";
import { useRoom } from "../context.js";
import { Avatar, hueOf } from "../parts/avatar.js";
import { IconButton } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { at } from "./stage.js";

const CONTROLS_FROM = 130;
const MICROPHONE_ICON = Object.freeze({ on: "microphone", off: "microphone-off", speaking: "speaking" });

/** One person on stage. @param {{seat: import("../../wire/types").OnStage, box: import("../../state/grid.js").Box}} props */
export function Tile({ seat, box }) {
  const { state, live, page } = useRoom();
  const mine = seat.id === state.me.id;
  const microphone =
    mine && seat.microphone && live.levels.speaking.value ? "speaking" : microphoneOf(state, seat);
  const away = seat.away_until !== null;
  const look = [
    "tile",
    hueOf(seat.id),
    microphone === "speaking" && "speaking",
    away && "away",
    box.height < 110 && "tiny",
  ];
  const hand = handNumber(state, seat.id);
  const picture = useShown(seat.id, "camera", !mine && seat.camera);
  return html`<li
    class=${look.filter(Boolean).join(" ")}
    style=${at(box)}
    data-participant=${seat.id}
    data-name=${seat.name}
    data-mic=${microphone}
  >
    <div ref=${picture} class="tile-picture"><${Face} seat=${seat} mine=${mine} ratio=${box.width / box.height} /></div>
    <${Chip} seat=${seat} mine=${mine} microphone=${microphone} />
    ${away && html`<p class="tile-away">${t("tile.away")}</p>`}
    ${hand !== null && html`<span class="hand-badge"><${Icon} name="hand" />${hand}<span class="only-spoken">${t("tile.hand", { n: hand })}</span></span>`}
    ${mine && box.height >= CONTROLS_FROM && html`<${OwnControls} seat=${seat} />`}
    ${
      isStaff(state) &&
      !mine &&
      html`<div class="tile-menu">
        <${IconButton}
          icon="dots"
          look="on-video"
          name=${t("act.for_person", { name: seat.name })}
          opens="menu"
          expanded=${page.personMenu.value?.id === seat.id}
          onPress=${(/** @type {MouseEvent} */ event) => openMenu(page, seat.id, event)}
        />
      </div>`
    }
  </li>`;
}

/**
 * A place where a picture of somebody else is shown: the server sends it as large as the place is.
 *
 * @param {string} participant
 * @param {import("../../media/view.js").Picture} source
 * @param {boolean} wanted
 * @returns {{current: HTMLElement | null}} for the element's `ref`
 */
export function useShown(participant, source, wanted) {
  const { live } = useRoom();
  /** @type {{current: HTMLElement | null}} */
  const place = useRef(null);
  useEffect(() => {
    const element = place.current;
    return wanted && element ? live.views.show(element, participant, source) : undefined;
  }, [participant, source, wanted]);
  return place;
}

/** @param {import("../page.js").Page} page @param {string} id @param {MouseEvent} event */
export function openMenu(page, id, event) {
  const opener = /** @type {HTMLElement} */ (event.currentTarget);
  page.personMenu.value = page.personMenu.value ? null : { id, opener };
}

/** The picture, or initials while there is none. @param {{seat: import("../../wire/types").OnStage, mine: boolean, ratio: number}} props */
function Face({ seat, mine, ratio }) {
  const { devices, live } = useRoom();
  const track = mine ? devices.tracks.value.camera : live.of(seat.id, "camera")?.track;
  const paused = !mine && live.isPaused(seat.id, "camera");
  if (seat.camera && track && !paused)
    return html`<${Video} track=${track} mirrored=${mine} ratio=${ratio} name=${seat.name} />`;
  const look = seat.camera && !mine && !paused ? "in-tile breathing" : "in-tile";
  return html`<${Avatar} id=${seat.id} name=${seat.name} look=${look} />`;
}

/** Fills the tile; where too much would be cut off it is shown whole. @param {{track: MediaStreamTrack, mirrored: boolean, ratio: number, name: string}} props */
function Video({ track, mirrored, ratio, name }) {
  /** @type {{current: HTMLVideoElement | null}} */
  const video = useRef(null);
  const picture = useSignal(0);
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
  const measure = () => {
    const { videoWidth = 0, videoHeight = 0 } = video.current ?? {};
    picture.value = videoHeight > 0 ? videoWidth / videoHeight : 0;
  };
  const whole = picture.value > 0 && !mayCrop(picture.value, ratio);
  const look = ["picture", mirrored && "mirrored", whole && "whole"].filter(Boolean).join(" ");
  return html`<video
    ref=${video}
    class=${look}
    aria-label=${name}
    onLoadedMetadata=${measure}
    onResize=${measure}
    playsinline
    autoplay
    muted
  ></video>`;
}

/** @param {{seat: import("../../wire/types").OnStage, mine: boolean, microphone: "on" | "off" | "speaking"}} props */
function Chip({ seat, mine, microphone }) {
  const { state, live } = useRoom();
  const shares = sharer(state)?.id === seat.id;
  const paused = !mine && seat.camera && live.isPaused(seat.id, "camera");
  const name = mine ? t("you.after_name", { name: seat.name }) : seat.name;
  return html`<p class=${`chip ${microphone}`} title=${name}>
    <span class="only-spoken">${t(`tile.microphone.${microphone}`, { name })} ${shares && t("tile.sharing")} ${paused && t("tile.paused")}</span>
    <${Icon} name=${MICROPHONE_ICON[microphone]} />
    ${shares && html`<${Icon} name="share" />`}
    ${paused && html`<${Icon} name="signal" />`}
    <bdi aria-hidden="true">${name}</bdi>
  </p>`;
}

/** @param {{seat: import("../../wire/types").OnStage}} props */
function OwnControls({ seat }) {
  const { actions } = useRoom();
  const { name } = seat;
  const microphone = seat.microphone ? "act.mute_person" : "act.unmute_person";
  const camera = seat.camera ? "act.stop_camera_person" : "act.start_camera_person";
  return html`<div class="tile-controls">
    <${IconButton}
      icon=${seat.microphone ? "microphone" : "microphone-off"}
      look=${seat.microphone ? "on-video" : "on-video off"}
      name=${t(microphone, { name })}
      onPress=${() => actions.switch("microphone", !seat.microphone)}
    />
    <${IconButton}
      icon=${seat.camera ? "camera" : "camera-off"}
      look=${seat.camera ? "on-video" : "on-video off"}
      name=${t(camera, { name })}
      onPress=${() => actions.switch("camera", !seat.camera)}
    />
  </div>`;
}
