"""The newest chat messages of one room, for newcomers and for pages that were away."""

from collections import deque
from collections.abc import Iterable

from lti_room.realtime.tail import order
from lti_room.usecases.chat import ChatEntry, ChatMessage, ChatRemoved


class Talk:
    """The last `limit` entries of this session. `last` is the newest id in the stream, shown or not."""

    def __init__(self, last: str, messages: Iterable[ChatMessage], limit: int) -> None:
        self.last = last
        self._limit = limit
        self._entries: deque[ChatEntry] = deque(messages)
        self._dropped = place(self._entries[0]) if len(self._entries) == limit else None

    def add(self, entry: ChatEntry) -> None:
        """Keep an entry; a removal takes the text out of memory as well."""
        if isinstance(entry, ChatRemoved):
            kept = (
                one for one in self._entries if not (isinstance(one, ChatMessage) and one.seq == entry.seq)
            )
            self._entries = deque(kept)
        self._entries.append(entry)
        self.last = place(entry)
        while len(self._entries) > self._limit:
            self._dropped = place(self._entries.popleft())

    def clear(self) -> None:
        """The session is over: newcomers see nothing of what was said."""
        self._entries.clear()
        self._dropped = None

    def messages(self) -> list[ChatMessage]:
        """Return what a newcomer is shown."""
        return [one for one in self._entries if isinstance(one, ChatMessage)]

    def after(self, seen: str | None) -> list[ChatEntry] | None:
        """Return what came after `seen`; None when that reaches back too far."""
        after = order(seen or "0-0")
        if self._dropped is not None and after < order(self._dropped):
            return None
        return [one for one in self._entries if order(place(one)) > after]


def place(entry: ChatEntry) -> str:
    """Return an entry's id in the stream."""
    return entry.seq if isinstance(entry, ChatMessage) else entry.at_seq
