import { html, useEffect, useMemo, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { Levels, SEGMENTS } from "../../media/levels.js";
import { useApp } from "../context.js";

const SPOKEN_EVERY = 250;

/** How loud the microphone is, in segments and in words. */
export function Meter() {
  const { devices } = useApp();
  const levels = useMemo(() => new Levels(), []);
  const track = devices.tracks.value.microphone;
  useEffect(() => {
    levels.listen(track);
    return () => levels.stop();
  }, [track]);
  const on = devices.wanted.value.microphone && !!track;
  return html`<div class="meter">
    <${Bar} levels=${levels} />
    <p class="meter-words">${t(on ? `meter.${levels.verdict.value}` : "meter.off")}</p>
  </div>`;
}

/** Its numbers change at most four times a second, its look ten times. @param {{levels: Levels}} props */
function Bar({ levels }) {
  const told = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      told.value = levels.lit.peek();
    }, SPOKEN_EVERY);
    return () => clearInterval(timer);
  }, []);
  const lit = levels.lit.value;
  return html`<div
    class="meter-bar"
    role="meter"
    aria-label=${t("meter.name")}
    aria-valuemin="0"
    aria-valuemax=${SEGMENTS}
    aria-valuenow=${told.value}
  >
    ${Array.from({ length: SEGMENTS }, (_, at) => html`<span class=${at < lit ? "lit" : ""}></span>`)}
  </div>`;
}
