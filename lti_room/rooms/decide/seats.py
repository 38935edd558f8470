"""Coming on stage, what one sends there, and leaving it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lti_room.rooms.commands import Accept, Command, Join, Leave, Mute, Remove, Source, Switch
from lti_room.rooms.decide.case import Case, Events
from lti_room.rooms.decide.invitations import open_invitation
from lti_room.rooms.events import HandLowered, SourceSwitched
from lti_room.rooms.policy import has_direct_access, may_leave_stage, may_present, protect_host
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.stage import Move


def _accept(case: Case, command: Accept) -> Events:
    open_invitation(case)
    return _go_live(case, Move.ACCEPT, command)


def _join(case: Case, command: Join) -> Events:
    case.need_session()
    if case.own.is_on_stage:
        return ()
    if not has_direct_access(case.room, case.me, case.role):
        raise Refused(RefusalCode.NOT_OPEN)
    return _go_live(case, Move.JOIN, command)


def _go_live(case: Case, move: Move, command: Accept | Join) -> Events:
    if case.room.is_full:
        raise Refused(RefusalCode.STAGE_FULL, seats=case.room.seats)
    arrival = replace(
        case.move(case.me, move), role=case.role, microphone=command.microphone, camera=command.camera
    )
    return (arrival, HandLowered(case.me, None)) if case.own.hand_at is not None else (arrival,)


def _leave(case: Case, _: Leave) -> Events:
    if not case.own.is_on_stage:
        return ()
    if not may_leave_stage(case.room, case.role):
        raise Refused(RefusalCode.NOT_ALLOWED)
    return (case.move(case.me, Move.LEAVE),)


def _remove(case: Case, command: Remove) -> Events:
    if not case.can(command.target, Move.REMOVE):
        return case.too_late(command.target, Move.REMOVE, RefusalCode.NOT_ON_STAGE)
    protect_host(case.role, case.role_of(command.target))
    return (case.move(command.target, Move.REMOVE),)


def _switch(case: Case, command: Switch) -> Events:
    if command.on == (command.source in case.own.on):
        return ()
    if command.on and command.source is Source.SCREEN:
        case.need_session()
        if not may_present(case.room, case.me, case.role):
            raise Refused(RefusalCode.NOT_ALLOWED)
    elif command.on and not case.own.is_on_stage:
        raise Refused(RefusalCode.NOT_ON_STAGE)
    return (SourceSwitched(case.me, command.source, command.on, case.me),)


def _mute(case: Case, command: Mute) -> Events:
    person = case.room.person(command.target)
    protect_host(case.role, case.role_of(command.target))
    if command.source in person.on:
        return (SourceSwitched(command.target, command.source, False, case.me),)
    if command.source is not Source.SCREEN and not person.is_on_stage:
        raise Refused(RefusalCode.NOT_ON_STAGE)
    return ()


RULES: Final[Mapping[type[Command], Callable[[Case, Any], Events]]] = {
    Accept: _accept,
    Join: _join,
    Leave: _leave,
    Remove: _remove,
    Switch: _switch,
    Mute: _mute,
}
