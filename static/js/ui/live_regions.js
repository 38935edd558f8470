import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { t } from "../i18n/t.js";
import { useApp } from "./context.js";

/** What is told to screen readers. Both regions are there from the first moment on. */
export function LiveRegions() {
  const { store } = useApp();
  const { polite, assertive } = store.board.value;
  const chat = useNewMessage();
  return html`<div class="only-spoken">
    <div role="status" aria-live="polite"><p key=${polite?.number}>${polite && t(polite.key, polite.args)}</p></div>
    <div role="alert" aria-live="assertive"><p key=${assertive?.number}>${assertive && t(assertive.key, assertive.args)}</p></div>
    <div aria-live="polite"><p key=${chat?.seq}>${chat && t("chat.said", { name: chat.name, text: chat.text })}</p></div>
  </div>`;
}

/** The latest message of somebody else, spoken while the chat is closed only by the person's choice; counted always. */
function useNewMessage() {
  const { store, page } = useApp();
  /** @type {import("../../vendor/ui.js").Signal<import("../wire/types").ChatMessage | null>} */
  const spoken = useSignal(null);
  const last = useRef("");
  const entries = store.room.value?.chat ?? [];
  const latest = entries.at(-1);
  const inside = store.room.value !== null;
  useEffect(() => {
    if (!inside) return;
    const known = entries.findIndex((entry) => entry.seq === last.current);
    const first = last.current === "";
    last.current = latest?.seq ?? "none";
    const news = entries
      .slice(known + 1)
      .filter((entry) => "text" in entry && entry.from !== store.room.value?.me.id);
    if (first || news.length === 0 || page.panel.value === "chat") return;
    page.unread.value += known < 0 ? 1 : news.length;
    if (page.preferences.value.speakChat) spoken.value = /** @type {any} */ (news.at(-1));
  }, [latest?.seq, inside]);
  return spoken.value;
}
