"""Opening the room, its sessions and its settings."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lti_room.rooms.commands import (
    AllowLeaving,
    Command,
    EndSession,
    OpenRoom,
    SetAccess,
    SetSchedule,
    SetTitle,
    StartSession,
)
from lti_room.rooms.decide.case import Case, Events
from lti_room.rooms.events import (
    AccessSet,
    LeavingAllowed,
    RoomOpened,
    ScheduleSet,
    SessionEnded,
    SessionStarted,
    TitleSet,
)
from lti_room.rooms.schedule import planned
from lti_room.rooms.stage import Move, StageAccess

PENDING: Final[Mapping[StageAccess, Move | None]] = {
    StageAccess.REQUEST: None,
    StageAccess.EVERYONE: Move.RELEASE,
    StageAccess.INVITE: Move.DECLINE,
}
"""What happens to open requests when the mode becomes this one; None: they stay."""


def _open(case: Case, command: OpenRoom) -> Events:
    if case.room.version > 0:
        return ()
    return (RoomOpened(command.title, command.course, command.access, command.seats),)


def _start_session(case: Case, command: StartSession) -> Events:
    return () if case.room.session else (SessionStarted(command.session),)


def _end_session(case: Case, _: EndSession) -> Events:
    by = None if case.actor is None else case.me
    return (SessionEnded(by),) if case.room.session else ()


def _set_access(case: Case, command: SetAccess) -> Events:
    if command.access is case.room.access:
        return ()
    move = PENDING[command.access]
    settled = () if move is None else tuple(case.move(who, move) for who, _ in case.room.requests())
    return (AccessSet(command.access, case.me), *settled)


def _set_title(case: Case, command: SetTitle) -> Events:
    return () if command.title == case.room.title else (TitleSet(command.title, case.me),)


def _set_schedule(case: Case, command: SetSchedule) -> Events:
    if (command.start, command.end) == (case.room.schedule.start, case.room.schedule.end):
        return ()
    wished = planned(command.start, command.end, case.limits.early_entry_seconds)
    return (ScheduleSet(wished.start, wished.end, wished.early, case.me),)


def _allow_leaving(case: Case, command: AllowLeaving) -> Events:
    if command.allowed is case.room.leaving_allowed:
        return ()
    return (LeavingAllowed(command.allowed, case.me),)


RULES: Final[Mapping[type[Command], Callable[[Case, Any], Events]]] = {
    OpenRoom: _open,
    StartSession: _start_session,
    EndSession: _end_session,
    SetAccess: _set_access,
    SetTitle: _set_title,
    SetSchedule: _set_schedule,
    AllowLeaving: _allow_leaving,
}
