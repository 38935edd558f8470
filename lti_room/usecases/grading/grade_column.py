"""Where a room's grades go: the column of its link, or one of our own, and who people are to the platform."""

import json
from dataclasses import dataclass
from typing import Any, Final

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.registration import Registration, RegistrationStatus, RegistrationStore
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.grades import Grades, GradesEndpoint
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.launches import Launches, LinkRecord
from lti_room.usecases.people import People
from lti_room.usecases.room_settings import RoomSettingsStore

TAG: Final = "attendance"
"""Marks our columns, with the room's id as their resource id."""


class Refused(Exception):
    """A grade that cannot be sent until somebody changes something. `everybody`: none of the room's can."""

    def __init__(self, code: str, *, everybody: bool) -> None:
        super().__init__(code)
        self.code = code
        self.everybody = everybody


@dataclass(frozen=True)
class Column:
    """A column that takes scores."""

    registration: Registration
    endpoint: GradesEndpoint
    line_item: str
    deployment: str


@dataclass(frozen=True)
class Offer:
    """Whether a room's course takes grades. `obstacle` says why not; `made`: we make a column of our own."""

    platform: str
    platform_name: str
    obstacle: str | None
    made: bool


class GradeColumns:
    """The columns of all rooms; `grades:{room}:column` remembers ours."""

    def __init__(
        self,
        redis: Redis,
        launches: Launches,
        registrations: RegistrationStore,
        people: People,
        store: RoomStore,
        settings: RoomSettingsStore,
        service: Grades,
    ) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._launches = launches
        self._registrations = registrations
        self._people = people
        self._store = store
        self._settings = settings
        self._service = service

    def offer(self, room: RoomId) -> Offer:
        """Return whether grades can be sent, without asking the platform."""
        link = self._launches.link_of(room)
        registration = self._registrations.find(link.registration) if link else None
        if link is None or registration is None:
            return Offer("other", "", "not_offered", made=False)
        endpoint = _endpoint(link)
        named = registration.platform.value, registration.name
        return Offer(*named, _obstacle(registration, endpoint), made=bool(endpoint and not endpoint.lineitem))

    def open(self, registration_id: str, room: RoomId) -> Column:
        """Return the column of a room; the first time we may have to make it.

        Raises:
            Refused: nothing can be sent for this room.
            ServiceError: the platform failed.
        """
        link = self._launches.link_of(room)
        registration = self._registrations.find(registration_id)
        if link is None or registration is None or link.registration != registration_id:
            raise Refused("not_offered", everybody=True)
        endpoint = _endpoint(link)
        obstacle = _obstacle(registration, endpoint)
        if obstacle or endpoint is None:
            raise Refused(obstacle or "not_offered", everybody=True)
        line_item = endpoint.lineitem or self._ours(registration, endpoint, room, link.deployment)
        return Column(registration, endpoint, line_item, link.deployment)

    def user_id(self, registration_id: str, participant: ParticipantId) -> str:
        """Return the platform's id of a person.

        Raises:
            Refused: the platform does not know them, or they were erased here.
        """
        person = self._people.person(registration_id, participant)
        if person is None or not person.sub:
            raise Refused("person_unknown", everybody=False)
        return person.sub

    def forget(self, room: RoomId) -> bool:
        """Forget our column, to look for it again; False: we had none of our own."""
        return bool(self._redis.delete(_key(room)))

    def _ours(
        self, registration: Registration, endpoint: GradesEndpoint, room: RoomId, deployment: str
    ) -> str:
        stored = self._redis.get(_key(room))
        known: dict[str, str] = json.loads(stored) if stored else {}
        if known.get("lineitems") == endpoint.lineitems:
            return known["line_item"]
        try:
            line_item = self._service.line_item(
                registration,
                endpoint,
                label=self._store.load(room).title,
                maximum=self._settings.of(room).points,
                resource_id=room,
                tag=TAG,
                deployment=deployment,
            )
        except ServiceError as error:
            if error.permanent:
                raise Refused("column_refused", everybody=True) from error
            raise
        self._redis.set(_key(room), json.dumps({"lineitems": endpoint.lineitems, "line_item": line_item}))
        return line_item


def _endpoint(link: LinkRecord) -> GradesEndpoint | None:
    return GradesEndpoint.of(link.services.get("grades"))


def _obstacle(registration: Registration, endpoint: GradesEndpoint | None) -> str | None:
    if registration.status is not RegistrationStatus.ACTIVE:
        return "registration_off"
    if endpoint is None:
        return "not_offered"
    if endpoint.may_score:
        return None
    return "scores_forbidden" if endpoint.lineitem or endpoint.may_create else "no_column"


def _key(room: RoomId) -> str:
    return f"grades:{room}:column"
