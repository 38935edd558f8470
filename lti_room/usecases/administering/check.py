"""The check page: what an LMS admin sees from inside the LMS. Nothing here is about a person."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import ConnectionId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.errors import LaunchError
from lti_room.lti.http import FetchFailed, GuardedHttp
from lti_room.lti.launching.message import Launch
from lti_room.lti.launching.platform_keys import usable_kids
from lti_room.lti.registrations.registration import Registration, RegistrationStore
from lti_room.media.backend import Endpoint, MediaBackend, MediaSource
from lti_room.rooms.roles import Role
from lti_room.usecases import binding
from lti_room.usecases.administering.doctor.public import clock_difference
from lti_room.usecases.arrivals import cookie_for, record_of, ticket_for
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.frames import origin_of
from lti_room.usecases.launches import Launches, LaunchRecord
from lti_room.usecases.people import participant_id
from lti_room.usecases.ticket import Ticket, TicketKind, Tickets, expired

PATH: Final = "/lti/check"
MOST_ANCESTORS: Final = 16
_KEYS_SECONDS: Final = 30
"""A platform's keys are fetched at most that often, however often the page is reloaded."""
_MOST_CALLS: Final = 30
_CALLS_SECONDS: Final = 600
_AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/"


@dataclass(frozen=True)
class Started:
    """Where the browser goes next: `303 /lti/check#<ticket_text>`."""

    ticket_text: str
    cookie_to_set: BindingCookie | None


@dataclass(frozen=True)
class PlatformState:
    """What the platform's key set shows: how many usable keys, or why none; by how much clocks differ."""

    usable_keys: int
    problem: str
    clock_difference: float | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the server knows about this connection. `outside`: origins around us that may not show rooms."""

    platform: str
    name: str
    issuer: str
    client_id: str
    deployment: str
    proven: bool
    from_room: bool
    names_roles: bool
    grade_scopes: tuple[str, ...]
    has_line_items: bool
    outside: tuple[str, ...]
    state: PlatformState
    now: float


class Checks:
    """Starts check pages and answers them."""

    def __init__(
        self,
        *,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        tickets: Tickets,
        registrations: RegistrationStore,
        http: GuardedHttp,
        media: MediaBackend,
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._clock = clock
        self._settings = settings
        self._tickets = tickets
        self._registrations = registrations
        self._http = http
        self._media = media
        self._launches = Launches(redis, settings)

    def start(self, launch: Launch, cookies: Mapping[str, str]) -> Started:
        """Return the way to the page for a verified launch of somebody of the staff.

        Raises:
            AppError: `check_not_allowed` for everybody else.
        """
        _check_role(Role(launch.role))
        participant = participant_id(launch.registration_id, launch.sub)
        record = record_of(launch, participant, RoomId(""), self._settings, self._clock.now())
        self._launches.save(record)
        cookie = cookie_for(launch, cookies)
        ticket = ticket_for(record, TicketKind.CHECK, cookie, self._settings.ticket_seconds)
        return Started(self._tickets.seal(ticket), cookie)

    def start_from_room(self, record: LaunchRecord, role: Role, cookies: Mapping[str, str]) -> str:
        """Return a ticket for the page for somebody of a room's staff.

        Raises:
            AppError: `check_not_allowed` for everybody else.
        """
        _check_role(role)
        as_of_now = replace(record, at=self._clock.now(), role=role)
        seconds = self._settings.ticket_seconds
        return self._tickets.seal(ticket_for(as_of_now, TicketKind.CHECK, binding.find(cookies), seconds))

    def look(self, ticket_text: str, cookies: Mapping[str, str], ancestors: Collection[str]) -> Facts:
        """Return what the server sees. `ancestors`: origins of the pages around ours, as the browser told.

        Raises:
            TicketError: the ticket does not open, or its launch is over.
            AppError: `check_not_allowed`, `registration_unknown`, `rate_limited`.
        """
        ticket, launch, registration = self._opened(ticket_text, cookies)
        self._count(ticket)
        outside = self._outside(registration, launch, ancestors)
        for origin in outside:
            self._registrations.note_frame_ancestor(registration.id, origin)
        grades = launch.services.get("grades") or {}
        scopes = grades.get("scope")
        return Facts(
            platform=registration.platform,
            name=registration.name,
            issuer=registration.issuer,
            client_id=registration.client_id,
            deployment=launch.deployment,
            proven=ticket.bound,
            from_room=bool(launch.room),
            names_roles=bool(launch.services.get("names_roles")),
            grade_scopes=tuple(
                str(one).removeprefix(_AGS) for one in (scopes if isinstance(scopes, list) else [])
            ),
            has_line_items=isinstance(grades.get("lineitems"), str),
            outside=outside,
            state=self._platform_state(registration),
            now=self._clock.now(),
        )

    def reach_media(self, ticket_text: str, cookies: Mapping[str, str], sdp: str, mid: str) -> str:
        """Answer the offer of a connection to a media worker that carries nothing; the worker ends it soon.

        Raises:
            TicketError, AppError: as `look`.
            MediaError: no worker, or none that answers.
        """
        ticket, launch, _ = self._opened(ticket_text, cookies)
        self._count(ticket)
        nowhere = RoomId(entropy.new_id("r"))
        who = Endpoint(nowhere, launch.participant, ConnectionId(entropy.new_id("c")))
        return self._media.publish(who, sdp, {mid: MediaSource.MICROPHONE})

    def _opened(
        self, ticket_text: str, cookies: Mapping[str, str]
    ) -> tuple[Ticket, LaunchRecord, Registration]:
        ticket = self._tickets.open(ticket_text, kind=TicketKind.CHECK, cookies=cookies)
        _check_role(ticket.role)
        launch = self._launches.load(ticket.launch)
        if launch is None:
            raise expired()
        registration = self._registrations.find(launch.registration)
        if registration is None:
            raise AppError("registration_unknown", "There is no registration with this id.")
        return ticket, launch, registration

    def _count(self, ticket: Ticket) -> None:
        key = f"rate:check:{ticket.launch}"
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, _CALLS_SECONDS)
            calls, _ = pipe.execute()
        if calls > _MOST_CALLS:
            raise AppError("rate_limited", "Too many checks; wait some minutes.")

    def _outside(
        self, registration: Registration, launch: LaunchRecord, ancestors: Collection[str]
    ) -> tuple[str, ...]:
        development = self._settings.development
        learned = [launch.return_url] if registration.learn_frame_origins else []
        allowed = [self._settings.public_url, registration.issuer, *registration.frame_origins, *learned]
        known = {origin_of(one, development=development) for one in allowed if one}
        told = (origin_of(one, development=development) for one in [*ancestors][:MOST_ANCESTORS])
        return tuple(dict.fromkeys(one for one in told if one and one not in known))

    def _platform_state(self, registration: Registration) -> PlatformState:
        key = f"check:keys:{registration.id}"
        stored = self._redis.get(key)
        if stored:
            return PlatformState(**json.loads(stored))
        found = self._fetched(registration)
        self._redis.set(key, json.dumps(asdict(found)), ex=_KEYS_SECONDS)
        return found

    def _fetched(self, registration: Registration) -> PlatformState:
        try:
            answer = self._http.get(registration.jwks_url, private=registration.private_network)
        except FetchFailed:
            return PlatformState(0, "unreachable", None)
        difference = clock_difference(answer.headers, self._clock.now())
        try:
            usable = len(usable_kids(answer, registration.algorithms))
        except LaunchError:
            return PlatformState(0, "malformed", difference)
        return PlatformState(usable, "" if usable else "unusable", difference)


def _check_role(role: Role) -> None:
    if role is Role.ATTENDEE:
        raise AppError("check_not_allowed", "This page is for those who look after rooms.")
