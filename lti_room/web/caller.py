"""Who asks: a request of the room page, with its working ticket as `Authorization: Bearer`.

What a person may do is read again for every request, as it is for every command over the socket.
"""

from dataclasses import dataclass

from flask import request

from lti_room.base.errors import AppError
from lti_room.rooms.commands import Actor
from lti_room.rooms.model import Room
from lti_room.rooms.policy import STAFF, Who, role_of
from lti_room.rooms.roles import Role
from lti_room.usecases.launches import LaunchRecord
from lti_room.usecases.ticket import TicketKind, expired, invalid
from lti_room.web.deps import WebDeps


@dataclass(frozen=True)
class Caller:
    """A person at a room page: the launch that let them in, their room as it is now, their role in it."""

    launch: LaunchRecord
    room: Room
    role: Role


def staff_calling(deps: WebDeps, who: Who = STAFF) -> Caller:
    """Return who asks, if their role is one of `who`.

    Raises:
        TicketError: no working ticket, or one that does not open.
        AppError: `removed` from the room, or `not_allowed` with this role.
    """
    caller = calling(deps)
    if caller.role not in who:
        raise AppError("not_allowed", "Your role in this room does not allow that.")
    return caller


def calling(deps: WebDeps) -> Caller:
    """Return who asks.

    Raises:
        TicketError: no working ticket, or one that does not open.
        AppError: `removed` from the room.
    """
    ticket = deps.tickets.open(bearer(), kind=TicketKind.WORKING, cookies=request.cookies)
    launch = deps.launches.load(ticket.launch)
    if launch is None:
        raise expired()
    room = deps.store.load(launch.room)
    if room.person(launch.participant).removed:
        raise AppError("removed", "You were removed from this room.")
    return Caller(launch, room, role_of(room, Actor(launch.participant, launch.role)))


def bearer() -> str:
    """Return the ticket of this request.

    Raises:
        TicketError: `ticket_invalid`, there is none.
    """
    scheme, _, ticket = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not ticket.strip():
        raise invalid()
    return ticket.strip()
