"""Following a list over its pages: RFC 8288 links, as platforms really write them."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from lti_room.lti.http import Answer
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.addresses import within
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode

MOST_PAGES: Final = 250
"""10,000 people at Canvas's 50 a page, and room to spare."""
_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
_QUOTES: Final = "\"'\u2018\u2019\u201c\u201d"
_RELATION: Final = re.compile(rf";\s*rel\s*=\s*[{_QUOTES}]?([^{_QUOTES};,]*)", re.IGNORECASE)


def next_link(header: str) -> str | None:
    """Return the address of the next page as the header has it, None on the last page.

    Upper case stays (row 104: Canvas's bookmarks need it). Moodle writes curly quotes, in UTF-8, and `&amp;`.
    """
    try:
        readable = header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        readable = header
    for address, parameters in _LINK.findall(readable):
        relation = _RELATION.search(parameters)
        if relation and "next" in relation[1].lower().split():
            return str(address).strip().replace("&amp;", "&")
    return None


def pages(registration: Registration, url: str, fetch: Callable[[str], Answer]) -> Iterator[Any]:
    """Yield the JSON document of each page; None for a page without body (Sakai sends those when empty).

    Raises:
        ServiceError: `service_origin` for a next page elsewhere, `too_many_pages` when they do not end,
            `service_malformed`, and whatever `fetch` raises.
    """
    seen: set[str] = set()
    address: str | None = within(registration, url, url)
    while address:
        if address in seen or len(seen) >= MOST_PAGES:
            raise ServiceError(ServiceErrorCode.TOO_MANY_PAGES)
        seen.add(address)
        answer = fetch(address)
        yield document(answer)
        link = next_link(answer.headers.get("link", ""))
        address = within(registration, link, url) if link else None


def document(answer: Answer) -> Any:
    """Return the JSON of an answer, None if it has no body.

    Raises:
        ServiceError: `service_malformed`.
    """
    if not answer.body.strip():
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ServiceError(ServiceErrorCode.SERVICE_MALFORMED) from None


def entries(page: object) -> list[dict[str, Any]]:
    """Return the entries of a page that is a bare list, as those of line items and results are.

    Raises:
        ServiceError: `service_malformed`.
    """
    if page is None:
        return []
    if not isinstance(page, list):
        raise ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
    return [one for one in page if isinstance(one, dict)]
