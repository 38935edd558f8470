"""The stage as one table: where a participant stands, and which move leads where.

`decide` asks this table before it allows a move and `apply` moves by it, so the two cannot disagree.
Who may make a move, and in which mode, is `policy`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class StageAccess(StrEnum):
    """The room's mode: who comes to the stage, and how."""

    EVERYONE = "everyone"
    REQUEST = "request"
    INVITE = "invite"


class Place(StrEnum):
    """Where one participant stands."""

    VIEWER = "viewer"
    REQUESTED = "requested"
    INVITED = "invited"
    ON_STAGE = "on_stage"


class Move(StrEnum):
    """A step from one place to another."""

    ASK = "ask"
    CANCEL = "cancel"
    DECLINE = "decline"
    APPROVE = "approve"
    INVITE = "invite"
    ACCEPT = "accept"
    REJECT = "reject"
    REVOKE = "revoke"
    EXPIRE = "expire"
    JOIN = "join"
    LEAVE = "leave"
    REMOVE = "remove"
    RELEASE = "release"
    """A request that is no longer needed: the mode became `everyone`, or its owner joined as staff."""
    DEPART = "depart"
    """The person is gone: left the room, did not come back in time, or was removed from the room."""


P, M = Place, Move

TRANSITIONS: Final[Mapping[Place, Mapping[Move, Place]]] = {
    P.VIEWER: {M.ASK: P.REQUESTED, M.INVITE: P.INVITED, M.JOIN: P.ON_STAGE},
    P.REQUESTED: {
        M.CANCEL: P.VIEWER,
        M.DECLINE: P.VIEWER,
        M.RELEASE: P.VIEWER,
        M.APPROVE: P.INVITED,
        M.INVITE: P.INVITED,
        M.JOIN: P.ON_STAGE,
        M.DEPART: P.VIEWER,
    },
    P.INVITED: {
        M.ACCEPT: P.ON_STAGE,
        M.JOIN: P.ON_STAGE,
        M.REJECT: P.VIEWER,
        M.REVOKE: P.VIEWER,
        M.EXPIRE: P.VIEWER,
        M.DEPART: P.VIEWER,
    },
    P.ON_STAGE: {M.LEAVE: P.VIEWER, M.REMOVE: P.VIEWER, M.DEPART: P.VIEWER},
}


def after(place: Place, move: Move) -> Place | None:
    """Return the place that follows, or None when the move does not exist there."""
    return TRANSITIONS[place].get(move)
