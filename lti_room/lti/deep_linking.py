"""Placing rooms in a course: what the platform accepts, and what we answer (Deep Linking 2.0).

https://www.imsglobal.org/spec/lti-dl/v2p0. What Canvas, Moodle and Sakai do with items differs; `room_item`
says only what all three take.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lti_room.lti import claims
from lti_room.lti.claim_values import text_of, web_address
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.registrations.registration import Platform

LINK_TYPE: Final = "ltiResourceLink"
RESPONSE_SECONDS: Final = 300
"""How long a platform may take our answer: the browser posts it at once."""
LINE_ITEM_TAG: Final = "attendance"

_LINE_ITEM_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
_SAKAI: Final = "https://www.sakailms.org/spec/lti-dl/"


@dataclass(frozen=True, kw_only=True)
class DeepLinkingSettings:
    """What the platform accepts (section 4.4.1).

    `return_url` is a checked web address. `data` is the platform's own value, None if it sent none.
    """

    return_url: str
    accept_types: tuple[str, ...]
    accept_targets: tuple[str, ...]
    accept_multiple: bool
    accept_line_item: bool
    accept_dates: tuple[str, ...]
    """Which of `available` and `submission` an item may have."""
    auto_create: bool
    data: str | None
    title: str | None
    text: str | None

    @property
    def takes_rooms(self) -> bool:
        """Whether a room can be placed where the person stands in the LMS."""
        return LINK_TYPE in self.accept_types


def read_settings(body: Mapping[str, Any], platform: Platform, *, development: bool) -> DeepLinkingSettings:
    """Read what the platform accepts from a deep linking request. Moodle's title is only the tool's name.

    Raises:
        LaunchError: `deep_link_return_url`, there is no web address to answer to (row 100).
    """
    found = body.get(claims.DEEP_LINKING_SETTINGS)
    values: Mapping[str, Any] = found if isinstance(found, dict) else {}
    address = web_address(values.get("deep_link_return_url"), development=development)
    if address is None:
        raise LaunchError(LaunchErrorCode.DEEP_LINK_RETURN_URL)
    data = values.get("data")
    return DeepLinkingSettings(
        return_url=address,
        accept_types=_texts(values, "accept_types"),
        accept_targets=_texts(values, "accept_presentation_document_targets"),
        accept_multiple=values.get("accept_multiple") is True,
        accept_line_item=_takes_line_items(values, body),
        accept_dates=tuple(
            name for name in ("available", "submission") if values.get(f"{_SAKAI}accept_{name}") is not False
        ),
        auto_create=values.get("auto_create") is True,
        data=data if isinstance(data, str) else None,
        title=None if platform is Platform.MOODLE else text_of(values, "title"),
        text=text_of(values, "text"),
    )


def _takes_line_items(values: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Canvas and Moodle do not say; then the grade service they offer decides."""
    said = values.get("accept_lineitem")
    if isinstance(said, bool):
        return said
    grades = body.get(claims.GRADES)
    return isinstance(grades, dict) and _LINE_ITEM_SCOPE in _texts(grades, "scope")


def _texts(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = values.get(name)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


@dataclass(frozen=True, kw_only=True)
class RoomItem:
    """A room as it is to appear in the course. Times are seconds since the epoch."""

    room: str
    title: str
    description: str
    icon_url: str
    points: float | None
    """None: not graded."""
    opens_at: float | None
    ends_at: float | None


def room_item(item: RoomItem, settings: DeepLinkingSettings, parameter: str) -> dict[str, Any]:
    """Return the content item of a room (section 3.2).

    Without `url`: Moodle would bind a link with one to no tool. Custom values are texts: a number breaks
    Sakai's import. No date closes the link: after its end a room still lets people back in.
    """
    made: dict[str, Any] = {
        "type": LINK_TYPE,
        "title": item.title,
        "text": item.description,
        "icon": {"url": item.icon_url, "width": 64, "height": 64},
        "custom": {parameter: item.room},
        "window": {"targetName": "_blank"},
    }
    if item.points is not None and settings.accept_line_item:
        made["lineItem"] = {
            "scoreMaximum": item.points,
            "label": item.title,
            "resourceId": item.room,
            "tag": LINE_ITEM_TAG,
        }
    if item.opens_at is not None and "available" in settings.accept_dates:
        made["available"] = {"startDateTime": _written(item.opens_at)}
    if item.ends_at is not None and "submission" in settings.accept_dates:
        made["submission"] = {"endDateTime": _written(item.ends_at)}
    return made


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Who answers whom: members of every response."""

    issuer: str
    client_id: str
    deployment: str
    nonce: str
    data: str | None


def response_claims(
    answer: Answer, items: list[dict[str, Any]], now: float, *, said: str | None = None
) -> dict[str, Any]:
    """Return the claims of a deep linking response, to be signed with our key (section 4.5).

    All of them every time: Canvas wants aud, iat, exp and nonce, Moodle iss, Sakai data and message_type.
    """
    written: dict[str, Any] = {
        "iss": answer.client_id,
        "aud": answer.issuer,
        "iat": int(now),
        "exp": int(now) + RESPONSE_SECONDS,
        "nonce": answer.nonce,
        claims.MESSAGE_TYPE: claims.DEEP_LINKING_RESPONSE,
        claims.VERSION: claims.LTI_VERSION,
        claims.DEPLOYMENT_ID: answer.deployment,
        claims.CONTENT_ITEMS: items,
    }
    if answer.data is not None:
        written[claims.DATA] = answer.data
    if said is not None:
        written[claims.MSG] = said
    return written


def _written(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
