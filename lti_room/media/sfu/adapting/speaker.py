"""Who is speaking, from the levels clients put into their audio packets (RFC 6464). Nothing is decoded.

Every 300 ms: somebody begins to speak with three loud packets (60 ms) in one tick, and stops after three
quiet ticks (0.9 s). Order is by loudness; two people swap only when they differ by 6 dB: no flicker.
"""

from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId

TICK_SECONDS: Final = 0.3
LOUD: Final = 50
PACKETS_TO_START: Final = 3
QUIET_TICKS_TO_STOP: Final = 3
SWAP_DECIBELS: Final = 6.0
_SILENCE: Final = 127


@dataclass
class _Voice:
    loud_packets: int = 0
    loudest: int = _SILENCE
    loudness: float = 0.0
    quiet_ticks: int = 0
    speaking: bool = False

    def tick(self) -> None:
        heard = _SILENCE - self.loudest if self.loud_packets else 0
        self.loudness += (heard - self.loudness) / 2
        if self.loud_packets >= PACKETS_TO_START:
            self.speaking, self.quiet_ticks = True, 0
        elif self.loud_packets == 0:
            self.quiet_ticks += 1
            self.speaking = self.speaking and self.quiet_ticks < QUIET_TICKS_TO_STOP
        self.loud_packets, self.loudest = 0, _SILENCE


class Speakers:
    """The voices of one room."""

    def __init__(self) -> None:
        self._voices: dict[ParticipantId, _Voice] = {}
        self._shown: tuple[ParticipantId, ...] = ()

    @property
    def loudest(self) -> ParticipantId | None:
        """Who speaks the loudest, as of the last tick."""
        return self._shown[0] if self._shown else None

    def heard(self, participant: ParticipantId, level: int) -> None:
        """Take the level of one packet, dB below full scale: 0 is the loudest, 127 silence."""
        voice = self._voices.get(participant)
        if voice is None:
            voice = self._voices[participant] = _Voice()
        if level <= LOUD:
            voice.loud_packets += 1
            voice.loudest = min(voice.loudest, level)

    def forget(self, participant: ParticipantId) -> None:
        """Somebody's microphone is gone or off."""
        self._voices.pop(participant, None)

    def tick(self) -> tuple[ParticipantId, ...] | None:
        """Return who speaks, loudest first, if that has changed since the last tick."""
        for voice in self._voices.values():
            voice.tick()
        speaking = {who: voice for who, voice in self._voices.items() if voice.speaking}
        order = [who for who in self._shown if who in speaking]
        order += sorted(
            (who for who in speaking if who not in order), key=lambda who: -speaking[who].loudness
        )
        self._swap(order)
        if tuple(order) == self._shown:
            return None
        self._shown = tuple(order)
        return self._shown

    def _swap(self, order: list[ParticipantId]) -> None:
        for at in range(len(order) - 1, 0, -1):
            below, above = self._voices[order[at]], self._voices[order[at - 1]]
            if below.loudness > above.loudness + SWAP_DECIBELS:
                order[at], order[at - 1] = order[at - 1], order[at]
