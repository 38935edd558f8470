"""The names of a room's people, remembered for a while so that an event costs no question to Redis."""

from collections.abc import Iterable

from lti_room.base.clock import Clock
from lti_room.base.ids import ParticipantId
from lti_room.usecases.people import People, display_name

KEPT_SECONDS = 300.0
"""An erased or renamed person is shown as before for no longer than this."""


class Nameplates:
    """Names of the people of one registration."""

    def __init__(self, people: People, registration: str, clock: Clock) -> None:
        self._people = people
        self._registration = registration
        self._clock = clock
        self._names: dict[ParticipantId, str] = {}
        self._since = clock.now()

    def need(self, ids: Iterable[ParticipantId]) -> None:
        """Make sure that `of` knows these people; asks Redis for those it does not."""
        if self._clock.now() - self._since > KEPT_SECONDS:
            self._names, self._since = {}, self._clock.now()
        unknown = [one for one in ids if one not in self._names]
        if unknown:
            self._names.update(self._people.names(self._registration, unknown))

    def missing(self, ids: Iterable[ParticipantId]) -> list[ParticipantId]:
        """Return those whose names have not been asked for."""
        return [one for one in ids if one not in self._names]

    def renew(self, participant: ParticipantId) -> None:
        """Forget a name that may just have changed: its person has launched again."""
        self._names.pop(participant, None)

    def of(self, participant: ParticipantId) -> str:
        """Return a name."""
        return self._names.get(participant) or display_name(participant)
