"""From verified claims to a `Launch`: types, limits, and nothing that was not asked for.

Core 1.3 sections 5.3 and 5.4. Unknown members are ignored; optional texts of a wrong type count as absent.
"""

import ipaddress
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.lti import claims, quirks
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.login_store import StartedLogin
from lti_room.lti.registration import Registration, is_local
from lti_room.lti.roles import LaunchRole

_LONGEST_TEXT: Final = 255
_LONGEST_ADDRESS: Final = 2048


@dataclass(frozen=True)
class Course:
    """The course a launch came from; all empty where the message names none (core 5.4.1)."""

    id: str = ""
    title: str = ""
    label: str = ""


@dataclass(frozen=True)
class Link:
    """The resource link: `id` is at most 255 ASCII characters, unique within its deployment (core 5.3.5)."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One verified LTI message.

    Names, e-mail and picture are None where the platform keeps them back. `return_url` is the checked address
    of the course page. `services` holds the claims of names-roles and grades as they came, under
    `names_roles` and `grades`. `cookie_proven`: the browser brought the login's cookie back.
    """

    registration_id: str
    platform: str
    deployment_id: str
    message_type: str
    sub: str
    name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    picture: str | None
    role: LaunchRole
    course: Course
    link: Link
    locale: str | None
    return_url: str | None
    frame_origins: tuple[str, ...]
    custom: Mapping[str, str]
    services: Mapping[str, Any]
    cookie_proven: bool
    target_link_uri: str


def read_launch(
    body: Mapping[str, Any],
    registration: Registration,
    login: StartedLogin,
    *,
    by_cookie: bool,
    development: bool,
) -> Launch:
    """Read the claims of a message whose signature, issuer and audience are already proven.

    Raises:
        LaunchError: rows 69 to 80 of the attack table.
    """
    deployment = _deployment(body, login)
    _check_message(body, login)
    return Launch(
        registration_id=registration.id,
        platform=registration.platform,
        deployment_id=deployment,
        message_type=claims.RESOURCE_LINK_REQUEST,
        sub=_sub(body),
        name=_text(body, "name"),
        given_name=_text(body, "given_name"),
        family_name=_text(body, "family_name"),
        email=_email(body),
        picture=_picture(body, development),
        role=registration.roles.decide(_roles(body)),
        course=_course(body),
        link=_link(body),
        locale=quirks.locale(body),
        return_url=return_url(body, registration, development=development),
        frame_origins=_frame_origins(body, registration, development),
        custom=quirks.custom(body),
        services=_services(body),
        cookie_proven=by_cookie,
        target_link_uri=login.target_link_uri,
    )


def _check_message(body: Mapping[str, Any], login: StartedLogin) -> None:
    if body.get(claims.VERSION) != claims.LTI_VERSION:
        raise LaunchError(LaunchErrorCode.LTI_VERSION)
    if body.get(claims.MESSAGE_TYPE) != claims.RESOURCE_LINK_REQUEST:
        raise LaunchError(LaunchErrorCode.MESSAGE_TYPE)
    if body.get(claims.TARGET_LINK_URI) != login.target_link_uri:
        raise LaunchError(LaunchErrorCode.TARGET_LINK_URI_MISMATCH)


def return_url(body: Mapping[str, Any], registration: Registration, *, development: bool) -> str | None:
    """Return the address of the course page, if it is one of the platform's own hosts (row 87), else None."""
    address = _return_address(body, development)
    if address is None:
        return None
    own = (registration.issuer, registration.auth_login_url, *registration.frame_origins)
    return address if _origin(address) in {_origin(one) for one in own} else None


def _return_address(body: Mapping[str, Any], development: bool) -> str | None:
    presentation = body.get(claims.LAUNCH_PRESENTATION)
    value = presentation.get("return_url") if isinstance(presentation, dict) else None
    return _web_address(value, development)


def _web_address(value: object, development: bool) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ADDRESS:
        return None
    if not value.isascii() or not value.isprintable() or any(mark in value for mark in " \\\"'<>"):
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    local = development and parts.scheme == "http" and is_local(parts.hostname)
    return value if parts.scheme == "https" or local else None


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _deployment(body: Mapping[str, Any], login: StartedLogin) -> str:
    deployment = body.get(claims.DEPLOYMENT_ID)
    if not _is_id(deployment):
        raise LaunchError(LaunchErrorCode.DEPLOYMENT_MISSING)
    if login.deployment not in (None, deployment):
        raise LaunchError(LaunchErrorCode.DEPLOYMENT_MISMATCH)
    return str(deployment)


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= claims.LONGEST_ID
        and value.isascii()
        and value.isprintable()
    )


def _sub(body: Mapping[str, Any]) -> str:
    sub = body.get("sub", "")
    if not isinstance(sub, str):
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)
    if not _is_id(sub):
        raise LaunchError(LaunchErrorCode.SUB_MISSING)
    return sub


def _roles(body: Mapping[str, Any]) -> Sequence[str]:
    roles = body.get(claims.ROLES)
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchError(LaunchErrorCode.ROLES_MISSING)
    return roles


def _link(body: Mapping[str, Any]) -> Link:
    link = body.get(claims.RESOURCE_LINK)
    if not isinstance(link, dict) or not _is_id(link.get("id")):
        raise LaunchError(LaunchErrorCode.RESOURCE_LINK_MISSING)
    return Link(link["id"], _text(link, "title") or "")


def _course(body: Mapping[str, Any]) -> Course:
    course = body.get(claims.CONTEXT)
    if not isinstance(course, dict) or not _is_id(course.get("id")):
        return Course()
    return Course(course["id"], _text(course, "title") or "", _text(course, "label") or "")


def _text(values: Mapping[str, Any], name: str) -> str | None:
    """Return a text for people: one line, without control or direction characters, at most 255 characters."""
    value = values.get(name)
    if not isinstance(value, str):
        return None
    shown = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in value[:4096])
    shown = "".join(c for c in shown if unicodedata.category(c) not in {"Cf", "Cs"} or c == "\u200d")
    return unicodedata.normalize("NFC", " ".join(shown.split()))[:_LONGEST_TEXT] or None


def _email(body: Mapping[str, Any]) -> str | None:
    email = _text(body, "email")
    return email if email and "@" in email.strip("@") and " " not in email else None


def _picture(body: Mapping[str, Any], development: bool) -> str | None:
    return _web_address(body.get("picture"), development)


def _frame_origins(body: Mapping[str, Any], registration: Registration, development: bool) -> tuple[str, ...]:
    """Who may frame the room: the origins the admin named, the issuer's, the return address's."""
    learned = _return_address(body, development) if registration.learn_frame_origins else None
    addresses = [*registration.frame_origins, _web_address(registration.issuer, development), learned]
    origins = [_frame_origin(address) for address in addresses if address]
    return tuple(dict.fromkeys(origin for origin in origins if origin))


def _frame_origin(address: str) -> str | None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return None


def _services(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {"names_roles": body.get(claims.NAMES_ROLES), "grades": body.get(claims.GRADES)}
    return {name: claim for name, claim in found.items() if isinstance(claim, dict)}
