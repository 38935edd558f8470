"""What the system has to do in a room by now: the sweep asks, `decide` still judges."""

from collections.abc import Collection

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import Depart, Expire, Lose, Return
from lti_room.rooms.model import Room


def due(room: Room, now: float) -> tuple[Expire | Depart, ...]:
    """Return the commands for invitations whose time is over and people who did not come back."""
    expired = [Expire(who) for who, invitation in room.invitations() if invitation.until <= now]
    gone = [Depart(who) for who, until in _away(room) if until <= now]
    return (*expired, *gone)


def next_due(room: Room) -> float | None:
    """Return when something is due next, None for nothing in sight."""
    moments = [invitation.until for _, invitation in room.invitations()]
    return min([*moments, *(until for _, until in _away(room))], default=None)


def unreported(room: Room, connected: Collection[ParticipantId]) -> tuple[Lose | Return, ...]:
    """Return the losses and returns nobody told of: a process died, or a command overtook its disconnect."""
    lost = [
        Lose(who)
        for who, person in room.people.items()
        if (person.has_something_to_keep or person.on) and person.away_until is None and who not in connected
    ]
    back = [Return(who) for who, _ in _away(room) if who in connected]
    return (*lost, *back)


def _away(room: Room) -> list[tuple[ParticipantId, float]]:
    return [(who, person.away_until) for who, person in room.people.items() if person.away_until is not None]
