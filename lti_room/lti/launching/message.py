"""From verified claims to a `Launch` or a `DeepLinkRequest`: nothing that was not asked for.

Core 1.3 sections 5.3 and 5.4, Deep Linking 2.0 section 4.4. Unknown members are ignored; optional texts of a
wrong type count as absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lti_room.lti import claims, quirks
from lti_room.lti.claim_values import frame_origin, is_id, origin, text_of, web_address
from lti_room.lti.deep_linking import DeepLinkingSettings, read_settings
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.launching.login_store import StartedLogin
from lti_room.lti.registrations.registration import Platform, Registration
from lti_room.lti.roles import TEST_USER, LaunchRole


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
class Message:
    """What every verified LTI message tells.

    Names, e-mail and picture are None where the platform keeps them back. `return_url` is the checked address
    of the course page. `services` holds the claims of names-roles and grades as they came, under
    `names_roles` and `grades`. `cookie_proven`: the browser brought the login's cookie back. `ancestors` as
    in `StartedLogin`.
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
    locale: str | None
    return_url: str | None
    frame_origins: tuple[str, ...]
    custom: Mapping[str, str]
    services: Mapping[str, Any]
    cookie_proven: bool
    target_link_uri: str
    ancestors: tuple[str, ...] = ()
    is_test: bool = False
    """The platform's own test student (Canvas: "Student View"), whom no gradebook knows."""


@dataclass(frozen=True, kw_only=True)
class Launch(Message):
    """Somebody opens a link of a course (core 1.3 section 5.3)."""

    link: Link


@dataclass(frozen=True, kw_only=True)
class DeepLinkRequest(Message):
    """One of the staff wants to place something in a course (Deep Linking 2.0 section 4.4).

    `issuer` and `client_id` are the registration's, for the answer. `course_page` is an address the LMS takes
    a GET at when the person gives up; None where there is no such address.
    """

    issuer: str
    client_id: str
    settings: DeepLinkingSettings
    course_page: str | None


def read_message(
    body: Mapping[str, Any],
    registration: Registration,
    login: StartedLogin,
    *,
    by_cookie: bool,
    development: bool,
) -> Launch | DeepLinkRequest:
    """Read the claims of a message whose signature, issuer and audience are already proven.

    Raises:
        LaunchError: rows 69 to 80 and 98 to 101 of the attack table.
    """
    deployment = _deployment(body, login)
    kind = _message_type(body)
    _check_target(body, login, kind)
    told: dict[str, Any] = {
        "registration_id": registration.id,
        "platform": registration.platform,
        "deployment_id": deployment,
        "message_type": kind,
        "sub": _sub(body),
        "name": text_of(body, "name"),
        "given_name": text_of(body, "given_name"),
        "family_name": text_of(body, "family_name"),
        "email": _email(body),
        "picture": _picture(body, development),
        "course": _course(body),
        "locale": quirks.locale(body),
        "return_url": return_url(body, registration, development=development),
        "frame_origins": _frame_origins(body, registration, development),
        "custom": quirks.custom(body),
        "services": _services(body),
        "cookie_proven": by_cookie,
        "target_link_uri": login.target_link_uri,
        "ancestors": login.ancestors,
    }
    if kind == claims.DEEP_LINKING_REQUEST:
        settings = read_settings(body, registration.platform, development=development)
        return DeepLinkRequest(
            **told,
            role=_placing_role(body, registration),
            issuer=registration.issuer,
            client_id=registration.client_id,
            settings=settings,
            course_page=_course_page(body, registration, settings, development),
        )
    roles = _roles(body)
    return Launch(**told, role=registration.roles.decide(roles), link=_link(body), is_test=TEST_USER in roles)


def _course_page(
    body: Mapping[str, Any], registration: Registration, settings: DeepLinkingSettings, development: bool
) -> str | None:
    """Where giving up leads by GET: Canvas reads `lti_msg` there, on its cloud at the school's own host."""
    address = _return_address(body, development)
    if registration.platform != Platform.CANVAS or address is None:
        return None
    return address if origin(address) == origin(settings.return_url) else None


def _message_type(body: Mapping[str, Any]) -> str:
    if body.get(claims.VERSION) != claims.LTI_VERSION:
        raise LaunchError(LaunchErrorCode.LTI_VERSION)
    kind = body.get(claims.MESSAGE_TYPE)
    if kind not in (claims.RESOURCE_LINK_REQUEST, claims.DEEP_LINKING_REQUEST):
        raise LaunchError(LaunchErrorCode.MESSAGE_TYPE)
    return str(kind)


def _check_target(body: Mapping[str, Any], login: StartedLogin, kind: str) -> None:
    """A deep linking request need not name its target (row 98); one that is named is the login's."""
    target = body.get(claims.TARGET_LINK_URI)
    if target is None and kind == claims.DEEP_LINKING_REQUEST:
        return
    if target != login.target_link_uri:
        raise LaunchError(LaunchErrorCode.TARGET_LINK_URI_MISMATCH)


def _placing_role(body: Mapping[str, Any], registration: Registration) -> LaunchRole:
    """The role of somebody who places a room: roles may be missing there, and then give no right."""
    role = registration.roles.decide(_roles(body) if claims.ROLES in body else ())
    if role is LaunchRole.ATTENDEE:
        raise LaunchError(LaunchErrorCode.ROLE_NOT_ALLOWED)
    return role


def return_url(body: Mapping[str, Any], registration: Registration, *, development: bool) -> str | None:
    """Return the address of the course page, if it is one of the platform's own hosts (row 87), else None."""
    address = _return_address(body, development)
    if address is None:
        return None
    own = (registration.issuer, registration.auth_login_url, *registration.frame_origins)
    return address if origin(address) in {origin(one) for one in own} else None


def _return_address(body: Mapping[str, Any], development: bool) -> str | None:
    presentation = body.get(claims.LAUNCH_PRESENTATION)
    value = presentation.get("return_url") if isinstance(presentation, dict) else None
    return web_address(value, development=development)


def _deployment(body: Mapping[str, Any], login: StartedLogin) -> str:
    deployment = body.get(claims.DEPLOYMENT_ID)
    if not is_id(deployment):
        raise LaunchError(LaunchErrorCode.DEPLOYMENT_MISSING)
    if login.deployment not in (None, deployment):
        raise LaunchError(LaunchErrorCode.DEPLOYMENT_MISMATCH)
    return str(deployment)


def _sub(body: Mapping[str, Any]) -> str:
    sub = body.get("sub", "")
    if not isinstance(sub, str):
        raise LaunchError(LaunchErrorCode.TOKEN_INVALID)
    if not is_id(sub):
        raise LaunchError(LaunchErrorCode.SUB_MISSING)
    return sub


def _roles(body: Mapping[str, Any]) -> Sequence[str]:
    roles = body.get(claims.ROLES)
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LaunchError(LaunchErrorCode.ROLES_MISSING)
    return roles


def _link(body: Mapping[str, Any]) -> Link:
    link = body.get(claims.RESOURCE_LINK)
    if not isinstance(link, dict) or not is_id(link.get("id")):
        raise LaunchError(LaunchErrorCode.RESOURCE_LINK_MISSING)
    return Link(link["id"], text_of(link, "title") or "")


def _course(body: Mapping[str, Any]) -> Course:
    course = body.get(claims.CONTEXT)
    if not isinstance(course, dict) or not is_id(course.get("id")):
        return Course()
    return Course(course["id"], text_of(course, "title") or "", text_of(course, "label") or "")


def _email(body: Mapping[str, Any]) -> str | None:
    email = text_of(body, "email")
    return email if email and "@" in email.strip("@") and " " not in email else None


def _picture(body: Mapping[str, Any], development: bool) -> str | None:
    return web_address(body.get("picture"), development=development)


def _frame_origins(body: Mapping[str, Any], registration: Registration, development: bool) -> tuple[str, ...]:
    """Who may frame the room: the origins the admin named, the issuer's, the return address's."""
    learned = _return_address(body, development) if registration.learn_frame_origins else None
    addresses = [
        *registration.frame_origins,
        web_address(registration.issuer, development=development),
        learned,
    ]
    origins = [frame_origin(address) for address in addresses if address]
    return tuple(dict.fromkeys(found for found in origins if found))


def _services(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {"names_roles": body.get(claims.NAMES_ROLES), "grades": body.get(claims.GRADES)}
    return {name: claim for name, claim in found.items() if isinstance(claim, dict)}
