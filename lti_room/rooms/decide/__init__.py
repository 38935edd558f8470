"""What a command causes: events, or a refusal. Pure: the time and everything else come in as arguments."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lti_room.rooms.commands import Actor, Command, OpenRoom
from lti_room.rooms.decide import invitations, people, room, seats
from lti_room.rooms.decide.case import Case, Events
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Room
from lti_room.rooms.policy import check
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.roles import Role

RULES: Final[Mapping[type[Command], Callable[[Case, Any], Events]]] = {
    **room.RULES,
    **invitations.RULES,
    **seats.RULES,
    **people.RULES,
}
"""One rule per command."""


def decide(
    room: Room,
    command: Command,
    actor: Actor | None,
    now: float,
    *,
    target_role: Role | None = None,
    limits: Limits,
) -> Events:
    """Return what a command causes in a room; nothing when all is already so.

    Args:
        room: the room at its latest version.
        command: what is asked.
        actor: who asks; None is the system.
        now: seconds since the epoch.
        target_role: the highest launch role among the live connections of `command.target`; None
            when nobody of that participant is connected.
        limits: how long invitations and seats are kept.

    Raises:
        Refused: the rules do not allow it; nothing happened.
    """
    check(room, command, actor)
    if room.version == 0 and not isinstance(command, OpenRoom):
        raise Refused(RefusalCode.NOT_POSSIBLE_NOW)
    return RULES[type(command)](Case(room, actor, now, target_role, limits), command)
