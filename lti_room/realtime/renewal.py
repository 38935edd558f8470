"""A page's ticket is renewed over its socket at half of its life; then the old one dies."""

from collections.abc import Callable

import gevent
import socketio

from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.realtime.connection import Connection
from lti_room.realtime.errors import known
from lti_room.realtime.goodbyes import Goodbye
from lti_room.realtime.names import NAMESPACE, ServerMessage
from lti_room.usecases.handoff import Handoff, Renewal
from lti_room.usecases.ticket import Ticket, TicketKind, Tickets

Dismiss = Callable[[Connection, Goodbye], None]


def renewal_time(ticket: Ticket) -> float:
    """Return when a ticket has lived half of its life."""
    return (ticket.issued_at + ticket.expires_at) / 2


class TicketRenewal:
    """Renews the tickets of this process's pages."""

    def __init__(
        self, server: socketio.Server, handoff: Handoff, tickets: Tickets, clock: Clock, dismiss: Dismiss
    ) -> None:
        self._server = server
        self._handoff = handoff
        self._tickets = tickets
        self._clock = clock
        self._dismiss = dismiss

    def look_at(self, page: Connection) -> None:
        """Renew a page's ticket if it is time; a page whose ticket has run out is told goodbye."""
        now = self._clock.now()
        if now < page.renew_at or page.dismissed:
            return
        if now >= page.ticket.expires_at:
            self._dismiss(page, Goodbye.TICKET_EXPIRED)
            return
        # Once more halfway to the end, in case this one never arrives.
        page.renew_at = now + max(1.0, (page.ticket.expires_at - now) / 2)
        try:
            renewal = self._handoff.renew(page.ticket, page.cookies)
        except AppError as error:
            if error.code == "ticket_expired":
                self._dismiss(page, Goodbye.LAUNCH_EXPIRED)
            return
        except Exception as error:
            known(error, **page.where)
            return
        self._push(page, renewal)

    def _push(self, page: Connection, renewal: Renewal) -> None:
        def arrived(*_: object) -> None:
            gevent.spawn(self._arrived, page, renewal)

        payload = {"ticket": renewal.ticket, "resume": renewal.resume}
        self._server.emit(ServerMessage.TICKET, payload, to=page.sid, namespace=NAMESPACE, callback=arrived)

    def _arrived(self, page: Connection, renewal: Renewal) -> None:
        try:
            old, page.ticket = page.ticket, self._opened(page, renewal)
            page.renew_at = renewal_time(page.ticket)
            self._handoff.retire(old)
        except Exception as error:
            known(error, **page.where)

    def _opened(self, page: Connection, renewal: Renewal) -> Ticket:
        return self._tickets.open(renewal.ticket, kind=TicketKind.WORKING, cookies=page.cookies)
