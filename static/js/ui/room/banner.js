import { html, useEffect, useSignal } from "../../../vendor/ui.js";
import { t } from "../../i18n/t.js";
import { liveElsewhere } from "../../state/select.js";
import { LOSS_SEEN_AFTER } from "../../state/store.js";
import { useRoom } from "../context.js";
import { Button, IconButton } from "../parts/button.js";
import { keepTime, now } from "../parts/clock.js";
import { Icon } from "../parts/icon.js";

/** What concerns the whole room, the worst first: connection, another tab, a weak line, the phone's way up. */
export function Banner() {
  const { store, state, live } = useRoom();
  const lost = store.link.value.state === "lost";
  if (lost) return html`<${Lost} />`;
  if (liveElsewhere(state) === "tab") return html`<${OtherTab} />`;
  if (live.trouble.value || live.weak.value)
    return html`<${Plain} tone="amber" icon="signal" say="banner.weak" />`;
  return html`<${Upright} />`;
}

/** @param {{tone: string, icon: string, say: string, children?: unknown}} props */
function Plain({ tone, icon, say, children }) {
  return html`<div class=${`banner ${tone}`}>
    <${Icon} name=${icon} />
    <p>${t(say)}</p>
    ${children}
  </div>`;
}

function Lost() {
  const { store, state, actions, page } = useRoom();
  useEffect(keepTime, []);
  const { since } = store.link.value;
  const gone = now.value - since;
  const left = Math.ceil(page.limits.keep_seat_seconds - gone / 1000);
  const keeps = state.me.place !== "viewer" && left > 0;
  if (gone < LOSS_SEEN_AFTER) return null;
  return html`<div class="banner amber">
    <span class="spinner" aria-hidden="true"></span>
    <p>${keeps ? t("banner.lost_kept", { n: left }) : t("banner.lost")}</p>
    <${Button} look="quiet small" label=${t("act.try_now")} onPress=${() => actions.client.connect()} />
  </div>`;
}

function OtherTab() {
  const { state, actions } = useRoom();
  const say = state.me.place === "on_stage" ? "banner.other_tab" : "banner.other_tab_viewer";
  return html`<${Plain} tone="tint" icon="copy" say=${say}>
    <${Button} look="primary small" label=${t("act.use_tab")} onPress=${() => actions.useThisPage()} />
  </${Plain}>`;
}

/** A phone on its side has little room: said once. */
function Upright() {
  const { page } = useRoom();
  const hidden = useSignal(false);
  const { width, height } = page.box.value;
  if (!page.isPhone || hidden.value || height >= 400 || width < height) return null;
  return html`<${Plain} tone="tint" icon="phone-upright" say="banner.portrait">
    <${IconButton} icon="close" name=${t("button.dismiss")} onPress=${() => {
      hidden.value = true;
    }} />
  </${Plain}>`;
}
