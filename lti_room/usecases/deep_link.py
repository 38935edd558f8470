"""Placing a room in a course: from a deep linking request to the answer the browser posts to the LMS.

The request is kept for an hour and answered once. A short-lived ticket leads from the launch to the page, as
into a room; the page's own ticket lasts as long as the request.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from lti_room.base import entropy, log
from lti_room.base.clock import Clock
from lti_room.base.errors import AppError
from lti_room.base.ids import LaunchId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.deep_linking import Answer, DeepLinkingSettings, RoomItem, response_claims, room_item
from lti_room.lti.launching.message import DeepLinkRequest
from lti_room.lti.tool_keys import ToolKeys
from lti_room.rooms.model import Room
from lti_room.rooms.ports import RoomStore
from lti_room.usecases import binding
from lti_room.usecases.arrivals import cookie_for, record_of, remember, ticket_for
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.enter import ROOM_PARAMETER
from lti_room.usecases.launches import Launches, LaunchRecord, Origin
from lti_room.usecases.people import People, participant_id
from lti_room.usecases.room_plan import RoomPlan
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from lti_room.usecases.ticket import Ticket, TicketError, TicketKind, Tickets

SECONDS: Final = 3600
"""How long a request waits for its answer."""
UNPLACED_DAYS: Final = 400
"""A room nobody opened for so long was never placed, or its course is over: it is forgotten."""
MOST_ROOMS_SHOWN: Final = 50

_LOG: Final = log.logger("usecases.deep_link")


@dataclass(frozen=True)
class Started:
    """Where the browser goes next: `303 /lti/deep-link#<ticket_text>`."""

    ticket_text: str
    cookie_to_set: BindingCookie | None


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A request that waits for its answer. `course_page` is where the LMS may take a GET back to."""

    launch: LaunchRecord
    platform: str
    issuer: str
    client_id: str
    settings: DeepLinkingSettings
    frame_origins: tuple[str, ...]
    course_page: str | None

    @property
    def origin(self) -> Origin:
        """The course a room made here belongs to."""
        return Origin(self.launch.registration, self.launch.deployment, self.launch.course.id)


@dataclass(frozen=True)
class Opened:
    """The page: its request, its own ticket, and the cookie the answer must set."""

    pending: Pending
    ticket_text: str
    cookie_to_set: BindingCookie | None


@dataclass(frozen=True)
class FormPost:
    """What the browser posts to the LMS: the field `JWT`."""

    url: str
    jwt: str


class DeepLinks:
    """Requests, rooms made for them, and answers."""

    def __init__(
        self,
        *,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        store: RoomStore,
        people: People,
        tickets: Tickets,
        keys: ToolKeys,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._store = store
        self._people = people
        self._tickets = tickets
        self._keys = keys
        self._launches = Launches(redis, settings)
        self._room_settings = RoomSettingsStore(redis)

    def start(self, message: DeepLinkRequest, cookies: Mapping[str, str]) -> Started:
        """Keep a verified request and return the way to its page."""
        participant = participant_id(message.registration_id, message.sub)
        remember(self._people, message, participant, self._settings)
        record = record_of(message, participant, RoomId(""), self._settings, self._clock.now())
        self._launches.save(record)
        kept = {
            "platform": message.platform,
            "issuer": message.issuer,
            "client_id": message.client_id,
            "settings": asdict(message.settings),
            "frame_origins": message.frame_origins,
            "course_page": message.course_page,
        }
        self._redis.set(_key(record.id), json.dumps(kept), ex=SECONDS)
        cookie = cookie_for(message, cookies)
        ticket = ticket_for(record, TicketKind.DEEP_LINK, cookie, self._settings.entry_ticket_seconds)
        return Started(self._tickets.seal(ticket), cookie)

    def open(self, ticket_text: str, cookies: Mapping[str, str]) -> Opened:
        """Trade the ticket of the redirect for the page's own; it dies 30 s later.

        Raises:
            TicketError: it does not open, or its request is over.
        """
        ticket = self._tickets.open(ticket_text, kind=TicketKind.DEEP_LINK, cookies=cookies)
        pending = self._pending(ticket)
        self._tickets.retire(ticket.id)
        found = binding.find(cookies)
        if not ticket.bound and found:
            ticket = replace(ticket, cookie=found.name, cookie_hash=found.hash)
        page = replace(
            ticket,
            kind=TicketKind.DEEP_LINK_PAGE,
            id=entropy.new_id("t"),
            expires_at=pending.launch.at + SECONDS,
        )
        cookie = None if ticket.bound else binding.new_cookie()
        return Opened(pending, self._tickets.seal(page), cookie)

    def pending(self, ticket_text: str, cookies: Mapping[str, str]) -> Pending:
        """Return the request of a page that comes back with its form.

        Raises:
            AppError: `deep_link_not_yours`, `deep_link_over` after an hour, `deep_link_used` once answered.
        """
        try:
            ticket = self._tickets.open(ticket_text, kind=TicketKind.DEEP_LINK_PAGE, cookies=cookies)
            pending = self._pending(ticket)
        except TicketError as error:
            raise _over() if error.code == "ticket_expired" else _not_yours() from None
        if self._redis.exists(_answered_key(pending.launch.id)):
            raise _used()
        return pending

    def rooms(self, pending: Pending) -> list[Room]:
        """Return the course's rooms by title, for placing one of them again."""
        known = self._launches.rooms_of_course(pending.origin)
        rooms = [room for room in map(self._store.load, known) if room.version]
        return sorted(rooms, key=lambda room: (room.title.casefold(), room.id))[:MOST_ROOMS_SHOWN]

    def place_new(
        self, pending: Pending, plan: RoomPlan, grading: RoomSettings, *, text: str, icon_url: str
    ) -> FormPost:
        """Make a room and answer with it. Of two submissions one makes a room.

        Raises:
            AppError: `deep_link_used`, the request has its answer.
        """
        room, by, now = RoomId(entropy.new_id("r")), pending.launch.participant, self._clock.now()
        graded = grading.graded and pending.settings.accept_line_item
        with self._answering(pending):
            self._launches.set_origin(room, pending.origin)
            self._room_settings.save(room, replace(grading, graded=graded))
            self._store.append(room, 0, plan.opening(Room(room), by, now), now)
            self._launches.let_expire(room, UNPLACED_DAYS * 86_400)
        _LOG.info("room made", extra={"room": room, "registration": pending.launch.registration})
        item = RoomItem(
            room=room,
            title=plan.title,
            description=text,
            icon_url=icon_url,
            points=grading.points if graded else None,
            opens_at=plan.schedule.opens_at,
            ends_at=plan.schedule.end,
        )
        return self._post(pending, [room_item(item, pending.settings, ROOM_PARAMETER)])

    def place_again(self, pending: Pending, room: RoomId, *, text: str, icon_url: str) -> FormPost:
        """Answer with a room of this course that is there already. Its grade column is there too.

        Raises:
            AppError: `room_unknown`, it is no room of this course; `deep_link_used`.
        """
        found = self._store.load(room)
        if self._launches.origin_of(room) != pending.origin or not found.version:
            raise AppError("room_unknown", "This room is not in this course.")
        item = RoomItem(
            room=room,
            title=found.title,
            description=text,
            icon_url=icon_url,
            points=None,
            opens_at=found.schedule.opens_at,
            ends_at=found.schedule.end,
        )
        with self._answering(pending):
            return self._post(pending, [room_item(item, pending.settings, ROOM_PARAMETER)])

    def cancel(self, pending: Pending, said: str) -> FormPost:
        """Answer with nothing, and a sentence for the LMS to show.

        Raises:
            AppError: `deep_link_used`.
        """
        with self._answering(pending):
            return self._post(pending, [], said=said)

    def _pending(self, ticket: Ticket) -> Pending:
        launch = self._launches.load(ticket.launch)
        stored = self._redis.get(_key(ticket.launch))
        if launch is None or not stored or self._clock.now() >= launch.at + SECONDS:
            raise TicketError("ticket_expired", "Go back to your course and begin again.")
        kept: dict[str, Any] = _with_tuples(json.loads(stored))
        settings = DeepLinkingSettings(**_with_tuples(kept.pop("settings")))
        return Pending(launch=launch, settings=settings, **kept)

    @contextmanager
    def _answering(self, pending: Pending) -> Iterator[None]:
        """Answer once: a second submission is refused, one after a failure is not."""
        key = _answered_key(pending.launch.id)
        if not self._redis.set(key, "1", nx=True, ex=SECONDS):
            raise _used()
        try:
            yield
        except Exception:
            self._redis.delete(key)
            raise

    def _post(self, pending: Pending, items: list[dict[str, Any]], *, said: str | None = None) -> FormPost:
        answer = Answer(
            issuer=pending.issuer,
            client_id=pending.client_id,
            deployment=pending.launch.deployment,
            nonce=entropy.new_secret(),
            data=pending.settings.data,
        )
        claims = response_claims(answer, items, self._clock.now(), said=said)
        return FormPost(pending.settings.return_url, self._keys.sign(claims))


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _key(launch: LaunchId) -> str:
    return f"deep_link:{launch}"


def _answered_key(launch: LaunchId) -> str:
    return f"deep_link:{launch}:answered"


def _used() -> AppError:
    return AppError("deep_link_used", "This request has its answer. Begin again in your course.")


def _over() -> AppError:
    return AppError("deep_link_over", "This page was open for too long. Begin again in your course.")


def _not_yours() -> AppError:
    return AppError("deep_link_not_yours", "This page belongs to somebody else or to another browser.")
