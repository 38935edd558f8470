"""From ticket to page: boot, renewal, resumption, new windows and leaving (`usecases/README.md`)."""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.ids import ConnectionId, LaunchId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.registration import RegistrationStatus, RegistrationStore
from lti_room.usecases import binding
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.launches import Launches, LaunchRecord
from lti_room.usecases.ticket import (
    PageKind,
    Ticket,
    TicketKind,
    Tickets,
    claims_of,
    expired,
    from_claims,
    invalid,
)
from lti_room.usecases.window_codes import WindowCodes

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, kw_only=True)
class Boot:
    """What a page load gets: whose launch it is (room, participant, role), a connection id, and its secrets.

    `ticket` and `resume` are shown to that page only. `cookie` is the binding cookie the answer must set.
    """

    launch: LaunchRecord
    connection: ConnectionId
    page: PageKind
    ticket: str
    resume: str
    cookie: BindingCookie | None


@dataclass(frozen=True)
class Renewal:
    """The ticket and resume secret that follow; the old ones die 30 s after `Handoff.retire`."""

    ticket: str
    resume: str


class Handoff:
    """Rules 1, 3, 6, 7 and 13. Time is the clock's; everything lives in Redis, so any process may answer."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        tickets: Tickets,
        registrations: RegistrationStore,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._tickets = tickets
        self._registrations = registrations
        self._launches = Launches(redis, settings)
        self._codes = WindowCodes(redis, clock, settings, sleep)

    def boot(self, ticket_text: str, cookies: Mapping[str, str]) -> Boot:
        """Answer a page load. An entry ticket dies 30 s after its first boot; a working one is left as it is.

        Raises:
            TicketError: the ticket does not open, or its launch is over.
        """
        ticket = self._tickets.open(ticket_text, kind=None, cookies=cookies)
        if ticket.kind not in (TicketKind.ENTRY, TicketKind.WORKING):
            raise invalid()
        if ticket.kind is TicketKind.ENTRY:
            self._tickets.retire(ticket.id)
        return self._boot(ticket, cookies, ticket.page)

    def renew(self, ticket: Ticket, cookies: Mapping[str, str]) -> Renewal:
        """Return what follows a working ticket; an unbound one binds if its cookie came back.

        Raises:
            TicketError: the ticket or the launch is over: nothing is renewed after that.
        """
        if self._clock.now() >= ticket.expires_at or self._tickets.is_over(ticket.id, ticket.launch):
            raise expired()
        found = binding.find(cookies)
        return self._issue(self._launch(ticket.launch), _bound(ticket, found), ticket.page)

    def retire(self, ticket: Ticket) -> None:
        """The client has the ticket that follows: let this one, and its resume secret, die in 30 s."""
        self._tickets.retire(ticket.id)

    def resume(self, secret: str, cookies: Mapping[str, str]) -> Boot:
        """Bring a live page back after sleep. The secret rotates: the used one dies in 30 s.

        For a bound ticket it lasts as long as the launch, for an unbound one as long as the ticket (rule 3).

        Raises:
            TicketError: unknown, used, of another browser, or its launch is over.
        """
        if not _SECRET.fullmatch(secret):
            raise invalid()
        stored = self._redis.get(f"resume:{binding.digest(secret)}")
        if stored is None:
            raise expired()
        ticket = from_claims(json.loads(stored))
        if ticket.cookie and not binding.matches(cookies, ticket.cookie, ticket.cookie_hash or ""):
            raise invalid()
        slept_too_long = not ticket.bound and self._clock.now() >= ticket.expires_at
        if slept_too_long or self._tickets.is_over(ticket.id, ticket.launch):
            raise expired()
        boot = self._boot(ticket, cookies, ticket.page)
        self._tickets.retire(ticket.id)
        return boot

    def announce_window(self, ticket: Ticket, code_hash: str) -> None:
        """A page opens a new window with a one-time code of this SHA-256 (hex): it is good once, for 60 s.

        Raises:
            AppError: `bad_message`, not a hash.
        """
        self._codes.announce(ticket, code_hash)

    def enter_with_code(self, code: str, cookies: Mapping[str, str], address: str) -> Boot:
        """Answer a new window at an address. Its code may come before the old page's announcement.

        The window gets a binding of its own: its cookies may lie in another partition.

        Raises:
            TicketError: the code is unknown, used or old, or its launch is over.
            AppError: `rate_limited`, `busy`.
        """
        opener = self._codes.redeem(code, address)
        return self._boot(replace(opener, cookie=None, cookie_hash=None), cookies, PageKind.WINDOW)

    def leave(self, launch_id: LaunchId) -> None:
        """ "Leave": every ticket, resume secret and window code of this launch is dead at once."""
        self._launches.forget(launch_id)

    def _launch(self, launch_id: LaunchId) -> LaunchRecord:
        launch = self._launches.load(launch_id)
        if launch is None or self._clock.now() >= launch.at + self._settings.launch_seconds:
            raise expired()
        # Switched off by an admin: nobody new comes in, and nobody stays longer than a ticket lives.
        registration = self._registrations.find(launch.registration)
        if registration is not None and registration.status is RegistrationStatus.DISABLED:
            raise expired()
        return launch

    def _boot(self, ticket: Ticket, cookies: Mapping[str, str], page: PageKind) -> Boot:
        launch = self._launch(ticket.launch)
        found = binding.find(cookies)
        renewal = self._issue(launch, _bound(ticket, found), page)
        return Boot(
            launch=launch,
            connection=ConnectionId(entropy.new_id("c")),
            page=page,
            ticket=renewal.ticket,
            resume=renewal.resume,
            cookie=None if ticket.bound else found or binding.new_cookie(),
        )

    def _issue(self, launch: LaunchRecord, like: Ticket, page: PageKind) -> Renewal:
        now = self._clock.now()
        launch_ends = launch.at + self._settings.launch_seconds
        ticket = replace(
            like,
            kind=TicketKind.WORKING,
            id=entropy.new_id("t"),
            issued_at=now,
            expires_at=min(now + self._settings.ticket_seconds, launch_ends),
            page=page,
        )
        resume = entropy.new_secret()
        lasts = (launch_ends if ticket.bound else ticket.expires_at) - now
        key = f"resume:{binding.digest(resume)}"
        self._redis.set(key, json.dumps(claims_of(ticket)), ex=max(1, math.ceil(lasts)))
        return Renewal(self._tickets.seal(ticket), resume)


def _bound(ticket: Ticket, found: BindingCookie | None) -> Ticket:
    """Return the ticket, bound to the browser's cookie if it is not bound yet and there is one."""
    if ticket.bound or found is None:
        return ticket
    return replace(ticket, cookie=found.name, cookie_hash=found.hash)
