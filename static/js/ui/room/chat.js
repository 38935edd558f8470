import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../../../vendor/ui.js";
import { clockTime, t } from "../../i18n/t.js";
import { useRoom } from "../context.js";
import { Avatar } from "../parts/avatar.js";
import { IconButton } from "../parts/button.js";
import { Icon } from "../parts/icon.js";
import { Words } from "../parts/words.js";
import { linkify } from "./linkify.js";

/** @typedef {import("../../state/types").ChatEntry} ChatEntry */

const SAME_AUTHOR_FOR = 120;
const AT_END = 48;
const TALLEST = 120;
const EMOJI = ["🙂", "😂", "👍", "👏", "❤️", "🎉", "🤔", "🙏"];

/** What is written to everyone. */
export function Chat() {
  const { state } = useRoom();
  const entries = state.chat;
  /** @type {{current: HTMLDivElement | null}} */
  const list = useRef(null);
  const atEnd = useSignal(true);
  useLayoutEffect(() => {
    if (atEnd.value) toEnd(list.current);
  }, [entries.length, atEnd.value]);
  const look = () => {
    const box = list.current;
    if (box) atEnd.value = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
  };
  return html`<div class="chat">
    <div ref=${list} class="chat-list" role="log" aria-label=${t("chat.title")} tabindex="0" onScroll=${look}>
      ${entries.length === 0 && html`<p class="nothing">${t("chat.empty")}</p>`}
      <ol>
        ${entries.map((entry, at) => html`<${Entry} key=${entry.seq} entry=${entry} before=${entries[at - 1]} />`)}
      </ol>
    </div>
    <${NewMessages} count=${entries.length} atEnd=${atEnd} />
    <${Composer} />
  </div>`;
}

/** @param {HTMLElement | null} box */
function toEnd(box) {
  if (box) box.scrollTop = box.scrollHeight;
}

/** Scrolled up, one is told, not moved. @param {{count: number, atEnd: import("../../../vendor/ui.js").Signal<boolean>}} props */
function NewMessages({ count, atEnd }) {
  const seen = useRef(count);
  if (atEnd.value) seen.current = count;
  if (atEnd.value || count <= seen.current) return null;
  return html`<button
    type="button"
    class="button soft small chat-new"
    onClick=${() => {
      atEnd.value = true;
    }}
  >
    <${Icon} name="down" /><span>${t("chat.new")}</span>
  </button>`;
}

/** @param {{entry: ChatEntry, before: ChatEntry | undefined}} props */
function Entry({ entry, before }) {
  const { state } = useRoom();
  if ("line" in entry) {
    return html`<li class="chat-line"><span><${Words} say="joined.line" args=${{ name: entry.name }} /></span></li>`;
  }
  const mine = entry.from === state.me.id;
  const follows =
    !!before && "from" in before && before.from === entry.from && entry.at - before.at < SAME_AUTHOR_FOR;
  return html`<li class=${["message", mine && "mine", follows && "follows"].filter(Boolean).join(" ")}>
    ${
      !follows &&
      html`<${Avatar} id=${entry.from} name=${entry.name} />
        <p class="message-head">
          <b><bdi>${mine ? t("you.alone") : entry.name}</bdi></b>
          <time class="clock" dateTime=${new Date(entry.at * 1000).toISOString()}>${clockTime(entry.at)}</time>
        </p>`
    }
    <p class="message-text" dir="auto">
      ${linkify(entry.text).map(({ text, href }) =>
        href ? html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>` : text,
      )}
    </p>
  </li>`;
}

function Composer() {
  const { actions, page } = useRoom();
  const text = useSignal("");
  const emoji = useSignal(false);
  /** @type {{current: HTMLTextAreaElement | null}} */
  const field = useRef(null);
  useEffect(() => {
    if (!page.isPhone && page.panelPressed) field.current?.focus();
  }, []);
  useLayoutEffect(() => grow(field.current), [text.value]);
  const over = [...text.value].length - page.limits.chat_characters;
  const send = async () => {
    const written = text.value.trim();
    if (written === "" || over > 0) return;
    text.value = "";
    if (!(await actions.write(written))) text.value ||= written;
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const insert = (/** @type {string} */ one) => {
    text.value += one;
    field.current?.focus();
  };
  return html`<form
    class="composer-place"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      send();
    }}
  >
    ${emoji.value && html`<${EmojiRow} onChoose=${insert} />`}
    ${over > 0 && html`<p class="composer-over" role="status">${t("chat.too_long", { n: over })}</p>`}
    <div class="composer">
      <textarea
        ref=${field}
        rows="1"
        aria-label=${t("chat.write")}
        placeholder=${t("chat.write")}
        dir="auto"
        value=${text.value}
        onInput=${(/** @type {Event} */ event) => {
          text.value = /** @type {HTMLTextAreaElement} */ (event.currentTarget).value;
        }}
        onKeyDown=${onKey}
      ></textarea>
      <${IconButton}
        icon="smile"
        look="emoji-button"
        name=${t("chat.emoji")}
        expanded=${emoji.value}
        onPress=${() => {
          emoji.value = !emoji.value;
        }}
      />
      <button type="submit" class="icon-button" aria-label=${t("chat.send")} title=${t("chat.send")}>
        <${Icon} name="send" />
      </button>
    </div>
  </form>`;
}

/** As tall as what is written, up to some lines. @param {HTMLTextAreaElement | null} field */
function grow(field) {
  if (!field) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight, TALLEST)}px`;
}

/** @param {{onChoose: (emoji: string) => void}} props */
function EmojiRow({ onChoose }) {
  return html`<div class="emoji-row" role="group" aria-label=${t("chat.emoji")}>
    ${EMOJI.map((one) => html`<button key=${one} type="button" class="tray-item" onClick=${() => onChoose(one)}>${one}</button>`)}
  </div>`;
}
