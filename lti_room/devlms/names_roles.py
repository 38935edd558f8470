"""The names and roles service of one emulated LMS, as strict as the real one (lti_platforms 5.2)."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, request

from lti_room.devlms.access import AccessTokens
from lti_room.devlms.claims import claims_for
from lti_room.devlms.moods import Mood, Moods, Service
from lti_room.devlms.persons import PEOPLE, recorded
from lti_room.devlms.platform import CLAIM, COURSE, LINKS, Launch, Platform
from lti_room.devlms.roster import members

NAMES_ROLES: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
_V2: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_MEDIA_TYPES: Final = {"canvas": _V2, "moodle": _V2, "sakai": "application/json"}
_WRONG_SCOPE: Final = {"canvas": 401, "moodle": 401, "sakai": 403}
_UNKNOWN_LINK: Final = {"canvas": 400, "moodle": 404}
"""Sakai does not look at `rlid`."""
_CANVAS_PAGE: Final = 50
_CROWD: Final = 500


def names_roles_pages(
    pages: Blueprint, platform: Platform, tokens: AccessTokens, moods: Moods, now: Callable[[], float]
) -> None:
    """Serve the address that launches name."""
    launch = Launch("", PEOPLE["instructor"], next(iter(LINKS.values())), "frame", 0.0)
    address: str = claims_for(platform, launch)[NAMES_ROLES]["context_memberships_url"]
    path = urlsplit(address).path.removeprefix(urlsplit(platform.issuer).path)

    @pages.get(path)
    def memberships() -> Response:
        unkind = moods.answer(Service.NAMES_ROLES)
        if unkind is not None:
            return unkind
        tokens.require(_WRONG_SCOPE[platform.key], now(), _SCOPE)
        _check(platform)
        return _page(platform, address, moods)


def _check(platform: Platform) -> None:
    accept = request.headers.get("Accept", "")
    if platform.key == "moodle" and accept not in {"", "*/*", _V2}:
        abort(400)
    link = request.args.get("rlid")
    known = platform.link_ids
    if link and link not in known and platform.key in _UNKNOWN_LINK:
        abort(_UNKNOWN_LINK[platform.key])


def _page(platform: Platform, address: str, moods: Moods) -> Response:
    everybody = members(platform, _CROWD if moods.of(Service.NAMES_ROLES) is Mood.CROWD else 0)
    start, size = _window(platform, len(everybody))
    shown = everybody[start : start + size]
    media_type = _MEDIA_TYPES[platform.key]
    if platform.key == "sakai" and not shown:
        return Response("", 200, content_type=media_type)
    document = recorded(platform.key, "nrps_page1")
    context = {"id": document["context"]["id"], "label": platform.course_label, "title": COURSE}
    body = {
        "id": address,
        "context": {name: context[name] for name in document["context"]},
        "members": [_with_message(platform, member) for member in shown],
    }
    response = Response(json.dumps(body), 200, content_type=media_type)
    more = start + size < len(everybody)
    link = moods.next_link(Service.NAMES_ROLES, request.url) or _link(platform, address, start, size, more)
    if link:
        response.headers["Link"] = link
    return response


def _window(platform: Platform, everybody: int) -> tuple[int, int]:
    """Return where the page asked for starts and how many it holds."""
    limit = request.args.get("limit", type=int)
    if platform.key == "canvas":
        size = min(limit or _CANVAS_PAGE, _CANVAS_PAGE)
        return (max(1, request.args.get("page", 1, type=int)) - 1) * size, size
    start = request.args.get("from" if platform.key == "moodle" else "start", 0, type=int)
    return start, limit or max(1, everybody)


def _link(platform: Platform, address: str, start: int, size: int, more: bool) -> str | None:
    if platform.key == "canvas":
        page = start // size + 1
        named = [("current", page), ("first", 1)] + ([("next", page + 1)] if more else [])
        return ",".join(f'<{address}?page={number}&limit={size}>; rel="{name}"' for name, number in named)
    if not more:
        return None
    order = ["limit", "from"] if platform.key == "moodle" else ["start", "limit"]
    values = {"limit": size, "from": start + size, "start": start + size}
    return f'<{address}?{urlencode({name: values[name] for name in order})}>; rel="next"'


def _with_message(platform: Platform, member: dict[str, Any]) -> dict[str, Any]:
    if platform.key == "sakai" or not request.args.get("rlid"):
        return member
    return member | {"message": [{CLAIM + "message_type": "LtiResourceLinkRequest"}]}
