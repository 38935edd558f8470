"""Who hears which event (the table of `realtime/PROTOCOL.md`). Nobody else hears it, ever."""

from typing import Final

from lti_room.rooms.events import (
    Event,
    GrantGiven,
    InvitationExtended,
    Readmitted,
    RemovedFromRoom,
    StageMoved,
)
from lti_room.rooms.model import EVERYONE, STAFF, Audience, Room, only
from lti_room.rooms.stage import Move

SEEN_BY_ALL: Final = frozenset({Move.ACCEPT, Move.JOIN, Move.LEAVE, Move.REMOVE})
"""Moves that change the stage. `depart` does when it starts there."""


def audiences(room_before: Room, event: Event) -> tuple[Audience, ...]:
    """Return the audiences of an event, given the room it happened in."""
    match event:
        case StageMoved(participant=participant, move=move):
            leaves_stage = move is Move.DEPART and room_before.person(participant).is_on_stage
            if move in SEEN_BY_ALL or leaves_stage:
                return (EVERYONE,)
            return (STAFF, only(participant))
        case InvitationExtended() | GrantGiven() | RemovedFromRoom() | Readmitted():
            return (STAFF, only(event.participant))
        case _:
            return (EVERYONE,)
