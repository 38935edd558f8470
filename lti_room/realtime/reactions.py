"""Reactions are counted, not relayed one by one: out to the other processes, and in to this one's pages."""

from typing import Any

from lti_room.base.ids import ParticipantId

SHOWN_NAMES = 5


class Tally:
    """How often each emoji was sent since the last `take`, and by whom first."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._senders: dict[str, list[ParticipantId]] = {}

    def add(self, emoji: str, count: int, senders: list[ParticipantId]) -> None:
        """Count reactions."""
        self._counts[emoji] = self._counts.get(emoji, 0) + count
        known = self._senders.setdefault(emoji, [])
        known += [one for one in dict.fromkeys(senders) if one not in known]
        del known[SHOWN_NAMES:]

    def take(self) -> list[dict[str, Any]]:
        """Return `{"emoji", "count", "senders"}` of each emoji and begin again."""
        taken = [
            {"emoji": emoji, "count": count, "senders": self._senders[emoji]}
            for emoji, count in self._counts.items()
        ]
        self._counts, self._senders = {}, {}
        return taken
