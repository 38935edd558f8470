"""Names and Role Provisioning Services 2.0: who is in the course.

https://www.imsglobal.org/spec/lti-nrps/v2p0. Never used to derive rights: Moodle calls a non-editing teacher
Instructor in a launch and Learner here.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lti_room.lti.claim_values import is_id, text_of, web_address
from lti_room.lti.http import Answer
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.addresses import asking
from lti_room.lti.services.connector import ServiceConnector
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.pages import pages

SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEDIA_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST_MEMBERS: Final = 10_000
MOST_SECONDS: Final = 60.0
_PAGE: Final = 200
"""Canvas answers with 50 at most, whatever is asked for; Moodle and Sakai send everybody when nothing is."""
_MOST_ROLES: Final = 50


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody in the course, as the platform names them; what it keeps back is None.

    `user_id` is the `sub` of their launches, `status` is Active, Inactive or Deleted, `roles` are as they
    came: short names in Moodle, both forms in Sakai.
    """

    user_id: str
    name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    picture: str | None
    status: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """Who is in the course; not `complete` if there were more than we take."""

    people: list[Member]
    complete: bool


class NamesRoles:
    """The client of the service."""

    def __init__(self, connector: ServiceConnector) -> None:
        self._connector = connector

    def members(
        self,
        registration: Registration,
        url: str,
        *,
        link_id: str | None = None,
        deployment: str | None = None,
    ) -> Members:
        """Return the members of a course, at most 10,000, each once.

        Args:
            registration: whose course it is.
            url: `context_memberships_url` of a signed message.
            link_id: ask for those who may open this resource link; platforms that cannot are asked for all.
            deployment: the one the message came from.

        Raises:
            ServiceError: the platform does not share the list, or cannot be understood or reached.
        """
        asked = asking(url, limit=str(_PAGE))
        if link_id is None:
            return self._all(registration, asked, deployment)
        try:
            return self._all(registration, asking(asked, rlid=link_id), deployment)
        except ServiceError as error:
            if error.status not in {400, 404, 422}:
                raise
            return self._all(registration, asked, deployment)

    def _all(self, registration: Registration, url: str, deployment: str | None) -> Members:
        def fetch(address: str) -> Answer:
            return self._connector.call(
                registration, (SCOPE,), "GET", address, accept=MEDIA_TYPE, deployment=deployment
            )

        found: dict[str, Member] = {}
        ends = time.monotonic() + MOST_SECONDS
        for page in pages(registration, url, fetch):
            for member in _members(page):
                found.setdefault(member.user_id, member)
                if len(found) >= MOST_MEMBERS:
                    return Members(list(found.values()), complete=False)
            if time.monotonic() > ends:
                return Members(list(found.values()), complete=False)
        return Members(list(found.values()), complete=True)


def _members(page: object) -> list[Member]:
    """Read one page; a member without a usable id is left out.

    Raises:
        ServiceError: `service_malformed`, it is no membership container.
    """
    if page is None:
        return []
    listed = page.get("members") if isinstance(page, dict) else None
    if not isinstance(listed, list):
        raise ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
    return [_member(one) for one in listed if isinstance(one, dict) and is_id(one.get("user_id"))]


def _member(entry: Mapping[str, Any]) -> Member:
    roles = entry.get("roles")
    named = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    return Member(
        user_id=entry["user_id"],
        name=text_of(entry, "name"),
        given_name=text_of(entry, "given_name"),
        family_name=text_of(entry, "family_name"),
        email=text_of(entry, "email"),
        picture=web_address(entry.get("picture"), development=False),
        status=text_of(entry, "status") or "Active",
        roles=tuple(named[:_MOST_ROLES]),
    )
