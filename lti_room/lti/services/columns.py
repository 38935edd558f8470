"""The columns of one course's gradebook: finding, making, and keeping to one's own (AGS 2.0 section 3.2)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from lti_room.base.redis_client import Redis
from lti_room.lti.claim_values import origin
from lti_room.lti.http import Answer
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.addresses import asking, is_below, secured, within
from lti_room.lti.services.connector import ServiceConnector
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.line_items import SCOPE_LINE_ITEM, GradesEndpoint, LineItem
from lti_room.lti.services.pages import document, entries, pages

LINE_ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
"""Moodle answers any other Accept, `*/*` too, with 400."""
_MOST_LINE_ITEMS: Final = 5000
_KNOWN_SECONDS: Final = 400 * 86_400


class Columns:
    """The line items of one grades claim.

    Args:
        redis: keeps which columns the platform named for which course.
        connector: makes the calls.
        registration: whose course it is.
        endpoint: the claim.
        deployment: the one the message came from.
    """

    def __init__(
        self,
        redis: Redis,
        connector: ServiceConnector,
        registration: Registration,
        endpoint: GradesEndpoint,
        deployment: str | None,
    ) -> None:
        self._redis = redis
        self._connector = connector
        self._registration = registration
        self._endpoint = endpoint
        self._deployment = deployment

    def find(self, resource_id: str, tag: str) -> str | None:
        """Return the address of the column marked so. Not every platform heeds what is asked for."""

        def fetch(url: str) -> Answer:
            return self._connector.call(
                self._registration,
                (self._endpoint.reading_scope,),
                "GET",
                url,
                accept=LINE_ITEMS,
                deployment=self._deployment,
            )

        seen = 0
        asked = asking(self._container, resource_id=resource_id, tag=tag)
        for page in pages(self._registration, asked, fetch):
            listed = entries(page)
            for item in map(LineItem.read, listed):
                if item and (item.resource_id, item.tag) == (resource_id, tag):
                    return self._known(item.id)
            seen += len(listed)
            if seen >= _MOST_LINE_ITEMS:
                raise ServiceError(ServiceErrorCode.TOO_MANY_PAGES)
        return None

    def make(self, members: Mapping[str, Any]) -> str:
        """Make a column; Canvas and Moodle answer 201, Sakai 200."""
        answer = self._connector.call(
            self._registration,
            (SCOPE_LINE_ITEM,),
            "POST",
            self._container,
            accept=LINE_ITEM,
            content_type=LINE_ITEM,
            body=json.dumps(members, allow_nan=False).encode(),
            deployment=self._deployment,
        )
        item = LineItem.read(document(answer))
        if item is None:
            raise ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
        return self._known(item.id)

    def details(self, line_item: str) -> LineItem:
        """Return what the platform knows of a column."""
        answer = self._connector.call(
            self._registration,
            (self._endpoint.reading_scope,),
            "GET",
            self.own(line_item),
            accept=LINE_ITEM,
            deployment=self._deployment,
        )
        found = LineItem.read(document(answer))
        if found is None:
            raise ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
        return found

    def own(self, line_item: str) -> str:
        """Return the address of a column if it is this course's (row 113).

        It is the link's own, lies below the course's columns, or was named by them: Sakai's do not lie below.

        Raises:
            ServiceError: `line_item_foreign`.
        """
        address = secured(self._registration, line_item)
        coupled, container = self._endpoint.lineitem, self._endpoint.lineitems
        if coupled and address == secured(self._registration, coupled):
            return address
        if container and self._is_listed(address, container):
            return address
        raise ServiceError(ServiceErrorCode.LINE_ITEM_FOREIGN, permanent=True)

    def _is_listed(self, address: str, container: str) -> bool:
        if origin(address) != origin(secured(self._registration, container)):
            return False
        return is_below(address, container) or bool(self._redis.sismember(self._named, address))

    @property
    def _container(self) -> str:
        if self._endpoint.lineitems is None:
            raise ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True)
        return self._endpoint.lineitems

    @property
    def _named(self) -> str:
        return hashed("line-items", self._registration, self._endpoint.lineitems or "")

    def _known(self, line_item: str) -> str:
        """Remember that the platform itself named this column for this course, and return its address."""
        address = within(self._registration, line_item, self._container)
        self._redis.sadd(self._named, address)
        self._redis.expire(self._named, _KNOWN_SECONDS)
        return address


def hashed(kind: str, registration: Registration, what: str) -> str:
    """Return a Redis key that names something of a registration without holding its address."""
    return f"{kind}:{registration.id}:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
