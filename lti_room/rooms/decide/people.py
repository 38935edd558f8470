"""Hands, given roles and rights, being put out, being away."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import (
    Command,
    Depart,
    GiveGrant,
    GiveRole,
    Lose,
    LowerHand,
    RaiseHand,
    Readmit,
    RemoveFromRoom,
    Return,
    Source,
)
from lti_room.rooms.decide.case import Case, Events
from lti_room.rooms.events import (
    ConnectionBack,
    ConnectionLost,
    GrantGiven,
    HandLowered,
    HandRaised,
    Readmitted,
    RemovedFromRoom,
    RoleGiven,
    SourceSwitched,
)
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move


def _raise_hand(case: Case, _: RaiseHand) -> Events:
    case.need_session()
    return () if case.own.hand_at is not None else (HandRaised(case.me),)


def _lower_hand(case: Case, command: LowerHand) -> Events:
    target = case.me if command.target is None else command.target
    if target != case.me and not case.role.is_staff:
        raise Refused(RefusalCode.NOT_ALLOWED)
    return _hand_down(case, target, by=case.me)


def _hand_down(case: Case, target: ParticipantId, by: ParticipantId | None) -> Events:
    return () if case.room.person(target).hand_at is None else (HandLowered(target, by),)


def _give_role(case: Case, command: GiveRole) -> Events:
    if command.target == case.me:
        raise Refused(RefusalCode.NOT_ALLOWED)
    case.role_of_unprotected(command.target)
    becomes = _becomes(case, command)
    if case.room.person(command.target).given_role is command.role:
        return ()
    given = RoleGiven(command.target, command.role, case.me, becomes)
    keeps_screen = becomes is not None and becomes.is_staff
    return (given, *_screen_off(case, command.target, keeps_screen or _has_present(case, command.target)))


def _becomes(case: Case, command: GiveRole) -> Role | None:
    """Return the role the target has from now on.

    Only a host makes hosts, also by taking away the role that kept one from being a host. On stage
    a role is shown, so it must be known: it cannot be taken from somebody whose connection is lost.
    """
    becomes = command.role or case.target_role
    is_host = case.role is Role.HOST
    if becomes is None and (not is_host or case.room.person(command.target).is_on_stage):
        raise Refused(RefusalCode.UNKNOWN_PERSON)
    if becomes is Role.HOST and not is_host:
        raise Refused(RefusalCode.NOT_ALLOWED)
    return becomes


def _has_present(case: Case, target: ParticipantId) -> bool:
    return Grant.PRESENT in case.room.person(target).grants


def _screen_off(case: Case, target: ParticipantId, may_go_on: bool) -> Events:
    if may_go_on or Source.SCREEN not in case.room.person(target).on:
        return ()
    by = target if case.actor is None else case.me
    return (SourceSwitched(target, Source.SCREEN, False, by),)


def _give_grant(case: Case, command: GiveGrant) -> Events:
    role = case.role_of_unprotected(command.target)
    if command.given == (command.grant in case.room.person(command.target).grants):
        return ()
    given = GrantGiven(command.target, command.grant, command.given, case.me)
    stops_presenting = command.grant is Grant.PRESENT and not command.given and not role.is_staff
    return (given, *_screen_off(case, command.target, not stops_presenting))


def _remove_from_room(case: Case, command: RemoveFromRoom) -> Events:
    if command.target == case.me:
        raise Refused(RefusalCode.NOT_ALLOWED)
    if case.room.person(command.target).removed:
        return ()
    case.role_of_unprotected(command.target)
    return (*_gone(case, command.target), RemovedFromRoom(command.target, case.me))


def _readmit(case: Case, command: Readmit) -> Events:
    return (Readmitted(command.target, case.me),) if case.room.person(command.target).removed else ()


def _lose(case: Case, command: Lose) -> Events:
    person = case.room.person(command.target)
    screen = _screen_off(case, command.target, False)
    if person.away_until is not None or not person.has_something_to_keep:
        return screen
    return (*screen, ConnectionLost(command.target, case.now + case.limits.keep_seat_seconds))


def _return(case: Case, command: Return) -> Events:
    is_away = case.room.person(command.target).away_until is not None
    return (ConnectionBack(command.target),) if is_away else ()


def _depart(case: Case, command: Depart) -> Events:
    if case.actor is not None and command.target != case.me:
        raise Refused(RefusalCode.NOT_ALLOWED)
    away_until = case.room.person(command.target).away_until
    if case.actor is None and (away_until is None or away_until > case.now):
        return ()
    return _gone(case, command.target)


def _gone(case: Case, target: ParticipantId) -> Events:
    """Everything that is kept for a person, given up; going off stage switches all sources off by itself."""
    person = case.room.person(target)
    moved = (case.move(target, Move.DEPART),) if case.can(target, Move.DEPART) else ()
    by = None if case.actor is None else case.me
    return (*moved, *_hand_down(case, target, by), *_screen_off(case, target, person.is_on_stage))


RULES: Final[Mapping[type[Command], Callable[[Case, Any], Events]]] = {
    RaiseHand: _raise_hand,
    LowerHand: _lower_hand,
    GiveRole: _give_role,
    GiveGrant: _give_grant,
    RemoveFromRoom: _remove_from_room,
    Readmit: _readmit,
    Lose: _lose,
    Return: _return,
    Depart: _depart,
}
