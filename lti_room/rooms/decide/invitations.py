"""Requests and invitations: the way to the stage for those without direct access."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import (
    Approve,
    Ask,
    Cancel,
    Command,
    Decline,
    Expire,
    GetReady,
    Invite,
    MoreTime,
    Reject,
    Revoke,
)
from lti_room.rooms.decide.case import Case, Events
from lti_room.rooms.events import InvitationExtended, StageMoved
from lti_room.rooms.model import Invitation
from lti_room.rooms.policy import has_direct_access
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.stage import Move, Place, StageAccess


def _ask(case: Case, _: Ask) -> Events:
    case.need_session()
    if case.own.place is Place.REQUESTED:
        return ()
    if case.own.place is not Place.VIEWER:
        raise Refused(RefusalCode.NOT_POSSIBLE_NOW)
    if case.room.access is not StageAccess.REQUEST or has_direct_access(case.room, case.me, case.role):
        raise Refused(RefusalCode.NOT_OPEN)
    return (case.move(case.me, Move.ASK),)


def _cancel(case: Case, _: Cancel) -> Events:
    if case.own.place is Place.VIEWER:
        return ()
    return (case.move(case.me, Move.CANCEL),)


def _decline(case: Case, command: Decline) -> Events:
    if not case.can(command.target, Move.DECLINE):
        return case.too_late(command.target, Move.DECLINE, RefusalCode.NOT_POSSIBLE_NOW)
    return (case.move(command.target, Move.DECLINE),)


def _approve(case: Case, command: Approve) -> Events:
    if not case.can(command.target, Move.APPROVE):
        return case.too_late(command.target, Move.APPROVE, RefusalCode.NOT_POSSIBLE_NOW)
    return (_invitation(case, command.target, Move.APPROVE),)


def _invite(case: Case, command: Invite) -> Events:
    case.need_session()
    if command.target == case.me:
        raise Refused(RefusalCode.NOT_ALLOWED)
    if not case.can(command.target, Move.INVITE):
        return case.too_late(command.target, Move.INVITE, RefusalCode.NOT_POSSIBLE_NOW)
    person = case.room.person(command.target)
    is_here = case.target_role is not None or person.away_until is not None
    if person.removed or not is_here:
        raise Refused(RefusalCode.UNKNOWN_PERSON)
    return (_invitation(case, command.target, Move.INVITE),)


def _invitation(case: Case, target: ParticipantId, move: Move) -> StageMoved:
    return replace(case.move(target, move), until=case.now + case.limits.invitation_seconds)


def _revoke(case: Case, command: Revoke) -> Events:
    if not case.can(command.target, Move.REVOKE):
        return case.too_late(command.target, Move.REVOKE, RefusalCode.NOT_POSSIBLE_NOW)
    return (case.move(command.target, Move.REVOKE),)


def open_invitation(case: Case) -> Invitation:
    """Return the actor's own invitation.

    Raises:
        Refused: `not_possible_now`, there is none or its time is over.
    """
    invitation = case.own.invitation
    if invitation is None or invitation.until <= case.now:
        raise Refused(RefusalCode.NOT_POSSIBLE_NOW)
    return invitation


def _get_ready(case: Case, _: GetReady) -> Events:
    invitation = open_invitation(case)
    if invitation.getting_ready:
        return ()
    until = max(invitation.until, case.now + case.limits.get_ready_seconds)
    return (InvitationExtended(case.me, until, True),)


def _more_time(case: Case, _: MoreTime) -> Events:
    invitation = open_invitation(case)
    if invitation.until - case.now > case.limits.more_time_seconds:
        return ()
    until = invitation.until + case.limits.more_time_seconds
    return (InvitationExtended(case.me, until, invitation.getting_ready),)


def _reject(case: Case, _: Reject) -> Events:
    if case.own.place is Place.VIEWER:
        return ()
    return (case.move(case.me, Move.REJECT),)


def _expire(case: Case, command: Expire) -> Events:
    invitation = case.room.person(command.target).invitation
    if invitation is None or invitation.until > case.now:
        return ()
    return (case.move(command.target, Move.EXPIRE),)


RULES: Final[Mapping[type[Command], Callable[[Case, Any], Events]]] = {
    Ask: _ask,
    Cancel: _cancel,
    Decline: _decline,
    Approve: _approve,
    Invite: _invite,
    Revoke: _revoke,
    GetReady: _get_ready,
    MoreTime: _more_time,
    Reject: _reject,
    Expire: _expire,
}
