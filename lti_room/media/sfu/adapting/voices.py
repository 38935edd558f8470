"""Whose sound is sent: the few loudest at once, so that fifty open microphones cost no more than three.

Who begins to speak is let in with that very packet, in the place of whoever has been quiet the longest.
Nobody is cut off within a sentence: a place is kept through its pauses. Pure: every time is handed in.
"""

from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId

MOST: Final = 3
AUDIBLE_LEVEL: Final = 55
"""dB below full scale: what is quieter is no beginning of speech."""
HOLD_SECONDS: Final = 1.2
"""A pause within a sentence, and the word after it."""
LOUDER_DECIBELS: Final = 6.0
LOUDER_SECONDS: Final = 0.3
_SILENCE: Final = 127.0


@dataclass(slots=True)
class _Voice:
    open: float
    spoke: float = float("-inf")
    level: float = _SILENCE  # of its speech: pauses do not make it softer
    louder_since: float | None = None


class Voices:
    """The open microphones of one room, and those of them that are `audible`."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._voices: dict[ParticipantId, _Voice] = {}
        self.audible: set[ParticipantId] = set()

    @property
    def open(self) -> set[ParticipantId]:
        """Whose microphones are open."""
        return set(self._voices)

    def opened(self, who: ParticipantId, now: float) -> None:
        """Somebody's microphone is open: audible at once while there is a place."""
        self._voices.setdefault(who, _Voice(now))
        self._fill()

    def closed(self, who: ParticipantId) -> None:
        """Somebody's microphone is gone or off; another one takes the place."""
        self._voices.pop(who, None)
        self.audible.discard(who)
        self._fill()

    def heard(self, who: ParticipantId, level: int, now: float) -> bool:
        """Take the level of one packet (dB below full scale). Return whether `audible` has changed."""
        voice = self._voices.get(who)
        if voice is None:
            return False
        if level > AUDIBLE_LEVEL:
            return False
        voice.level += (level - voice.level) / (8 if level > voice.level else 2)
        voice.spoke = now
        if who in self.audible:
            return False
        leaving = self._least(now)
        quiet = now - self._voices[leaving].spoke > HOLD_SECONDS
        if not quiet and not self._drowns(voice, self._voices[leaving], now):
            return False
        self.audible.remove(leaving)
        self.audible.add(who)
        voice.louder_since = None
        return True

    def _least(self, now: float) -> ParticipantId:
        """Return who has been quiet the longest, or of those who all speak the softest."""

        def rank(who: ParticipantId) -> tuple[float, float, ParticipantId]:
            voice = self._voices[who]
            silent = voice.spoke if now - voice.spoke > HOLD_SECONDS else now
            return silent, -voice.level, who

        return min(self.audible, key=rank)

    @staticmethod
    def _drowns(voice: _Voice, other: _Voice, now: float) -> bool:
        """Tell whether somebody speaks so much louder, for so long, that he has to be heard instead."""
        if voice.level > other.level - LOUDER_DECIBELS:
            voice.louder_since = None
            return False
        if voice.louder_since is None:
            voice.louder_since = now
        return now - voice.louder_since >= LOUDER_SECONDS

    def _fill(self) -> None:
        """Give free places to who spoke last, then to who has been there longest."""
        waiting = sorted(
            (who for who in self._voices if who not in self.audible),
            key=lambda who: (-self._voices[who].spoke, self._voices[who].open, who),
        )
        self.audible.update(waiting[: self._most - len(self.audible)])
