"""Who may give which command to whom: one table, and the few rules that need the room."""

from collections.abc import Mapping
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import (
    Accept,
    Actor,
    AllowLeaving,
    Approve,
    Ask,
    Cancel,
    Command,
    Decline,
    Depart,
    EndSession,
    Expire,
    GetReady,
    GiveGrant,
    GiveRole,
    Invite,
    Join,
    Leave,
    Lose,
    LowerHand,
    MoreTime,
    Mute,
    OpenRoom,
    RaiseHand,
    Readmit,
    Reject,
    Remove,
    RemoveFromRoom,
    Return,
    Revoke,
    SetAccess,
    SetSchedule,
    SetTitle,
    StartSession,
    Switch,
)
from lti_room.rooms.model import Room
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import StageAccess

Who = frozenset[Role | None]
"""Roles that may give a command; None is the system."""

SYSTEM: Final[Who] = frozenset({None})
HOSTS: Final[Who] = frozenset({Role.HOST})
STAFF: Final[Who] = frozenset({Role.HOST, Role.MODERATOR})
ANYONE: Final[Who] = frozenset(Role)

WHO: Final[Mapping[type[Command], Who]] = {
    OpenRoom: SYSTEM,
    StartSession: SYSTEM,
    EndSession: STAFF | SYSTEM,
    Ask: ANYONE,
    Cancel: ANYONE,
    Decline: STAFF,
    Approve: STAFF,
    Invite: STAFF,
    Revoke: STAFF,
    GetReady: ANYONE,
    MoreTime: ANYONE,
    Reject: ANYONE,
    Accept: ANYONE,
    Join: ANYONE,
    Leave: ANYONE,
    Remove: STAFF,
    Switch: ANYONE,
    Mute: STAFF,
    RaiseHand: ANYONE,
    LowerHand: ANYONE,
    SetAccess: STAFF,
    SetTitle: STAFF,
    SetSchedule: HOSTS,
    AllowLeaving: HOSTS,
    GiveRole: STAFF,
    GiveGrant: STAFF,
    RemoveFromRoom: STAFF,
    Readmit: STAFF,
    Lose: SYSTEM,
    Return: SYSTEM,
    Depart: ANYONE | SYSTEM,
    Expire: SYSTEM,
}


def role_of(room: Room, actor: Actor) -> Role:
    """Return the role somebody acts with: the given one wins over that of the launch."""
    return room.person(actor.participant).given_role or actor.launch_role


def role_of_target(room: Room, target: ParticipantId, launch_role: Role | None) -> Role | None:
    """Return the role of somebody a command is about.

    `launch_role` is the highest of the live connections, None if there is none; then the role the
    person came on stage with counts. None: not known at all.
    """
    person = room.person(target)
    return person.given_role or launch_role or person.role_on_stage


def has_direct_access(room: Room, participant: ParticipantId, role: Role) -> bool:
    """Whether somebody goes on stage without being invited; judged per person, in every mode."""
    granted = Grant.JOIN_STAGE in room.person(participant).grants
    return role.is_staff or granted or room.access is StageAccess.EVERYONE


def may_leave_stage(room: Room, role: Role) -> bool:
    """Whether somebody leaves the stage at will: attendees only when a host allows it in this room."""
    return role.is_staff or room.leaving_allowed


def may_present(room: Room, participant: ParticipantId, role: Role) -> bool:
    """Whether somebody may share a screen, on stage or not."""
    return role.is_staff or Grant.PRESENT in room.person(participant).grants


def check(room: Room, command: Command, actor: Actor | None) -> None:
    """Let a command pass that this actor may give at all.

    Raises:
        Refused: `removed` for a person put out of the room, `not_allowed` for a role not in the table.
    """
    if actor is not None and room.person(actor.participant).removed:
        raise Refused(RefusalCode.REMOVED)
    role = None if actor is None else role_of(room, actor)
    if role not in WHO[type(command)]:
        raise Refused(RefusalCode.NOT_ALLOWED)


def protect_host(role: Role, target_role: Role | None) -> None:
    """Keep moderators from muting, removing, demoting or putting out a host.

    Raises:
        Refused: `host_protected`.
    """
    if target_role is Role.HOST and role is not Role.HOST:
        raise Refused(RefusalCode.HOST_PROTECTED)
