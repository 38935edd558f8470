import { html, useEffect, useRef } from "../../../vendor/ui.js";
import { isLivePage } from "../../state/select.js";
import { useRoom } from "../context.js";

/** The voices of the others: one audio element per person, whatever the stage shows. */
export function Sound() {
  const { state, live } = useRoom();
  useEffect(() => freeByGesture(), []);
  const { page } = useRoom();
  function freeByGesture() {
    const free = () => {
      page.soundBlocked.value = false;
    };
    document.addEventListener("pointerdown", free, true);
    document.addEventListener("keydown", free, true);
    return () => {
      document.removeEventListener("pointerdown", free, true);
      document.removeEventListener("keydown", free, true);
    };
  }
  if (!isLivePage(state)) return null;
  const voices = [...live.received.value].filter(([key]) => key.endsWith(" microphone"));
  return html`<div hidden>
    ${voices.map(([key, { stream }]) => {
      const participant = key.slice(0, key.indexOf(" "));
      return html`<${Voice} key=${key} participant=${participant} stream=${stream} />`;
    })}
  </div>`;
}

/** @param {{participant: string, stream: MediaStream}} props */
function Voice({ participant, stream }) {
  const { page, devices } = useRoom();
  /** @type {{current: HTMLAudioElement | null}} */
  const audio = useRef(null);
  const blocked = page.soundBlocked.value;
  const { speaker } = devices.chosen.value;
  useEffect(() => {
    const element = audio.current;
    if (!element) return undefined;
    element.srcObject = stream;
    return () => {
      element.pause();
      element.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    if (!blocked && audio.current) play(audio.current, page);
  }, [stream, blocked]);
  useEffect(() => {
    const element = audio.current;
    if (element && "setSinkId" in element) element.setSinkId(speaker).catch(() => {});
  }, [speaker]);
  return html`<audio ref=${audio} data-participant=${participant} autoplay></audio>`;
}

/** A refused start is the browser's wish for a click. @param {HTMLAudioElement} element @param {import("../page.js").Page} page */
async function play(element, page) {
  try {
    await element.play();
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") page.soundBlocked.value = true;
  }
}
