"""Step 1: a platform announces a launch; we answer with a redirect to its authorisation address.

Security Framework 1.0 section 5.1.1. `pylti1p3` builds the address; what it would keep in sessions and
cookies is caught here and goes into one record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pylti1p3.cookie import CookieService
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration as RedirectRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti_room.base import entropy
from lti_room.base.settings import Settings
from lti_room.lti import quirks
from lti_room.lti.addresses import LAUNCH_PATH
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.launching.login_store import LoginStore, StartedLogin, cookie_name, digest
from lti_room.lti.launching.rate_limit import RateLimit, place_of
from lti_room.lti.launching.request_fields import Fields, single
from lti_room.lti.registrations.registration import (
    Registration,
    RegistrationStatus,
    RegistrationStore,
    registration_id,
)

OWN_WINDOW: Final = "lr_window"
"""Our own field beside the platform's: this login was started anew by "Open in a new window"."""

_LIMITS: Final = {
    "iss": 1024,
    "login_hint": 4096,
    "client_id": 255,
    "target_link_uri": 2048,
    "lti_message_hint": 16_384,
    "lti_deployment_id": 255,
    "deployment_id": 255,
    "lti_storage_target": 255,
    OWN_WINDOW: 1,
}


@dataclass(frozen=True, kw_only=True)
class LoginRequest:
    """A login request as it came.

    `framed`: the browser says that this page is shown inside another one.
    """

    fields: Fields
    address: str
    framed: bool = False


@dataclass(frozen=True)
class LoginCookie:
    """The cookie that proves the browser: `__Host-`, Secure, HttpOnly, SameSite=None, Partitioned."""

    name: str
    value: str
    seconds: int


@dataclass(frozen=True)
class PlatformStorage:
    """A value for LTI platform storage (LTI-PM-S): `secret` under `key` at the frame `target` of `origin`.

    `target` is empty where the login named none; the platform's page may still say that it keeps values.
    """

    target: str
    origin: str
    key: str
    secret: str


@dataclass(frozen=True)
class LoginAnswer:
    """Where the browser goes next.

    A page inside another one first tries out what the browser keeps there (`storage` is set), and offers a
    new window by sending `again` to the login address where it keeps nothing. So does that window, which has
    nothing more to offer (`again` is None). Anything else is simply redirected (`tried` is False).
    `frame_origins` may show rooms for certain; a launch may add to them.
    """

    redirect_url: str
    state: str
    cookie: LoginCookie
    tried: bool
    storage: PlatformStorage | None
    again: Mapping[str, str] | None
    frame_origins: tuple[str, ...]


class Logins:
    """Starts logins."""

    def __init__(
        self, settings: Settings, registrations: RegistrationStore, store: LoginStore, limit: RateLimit
    ) -> None:
        self._settings = settings
        self._registrations = registrations
        self._store = store
        self._limit = limit

    def start(self, request: LoginRequest) -> LoginAnswer:
        """Check a login request, remember it, and say where to go.

        Raises:
            LaunchError: rows 3 to 17 of the attack table.
        """
        fields = single(request.fields, _LIMITS, LaunchErrorCode.BAD_LOGIN_REQUEST)
        if "iss" not in fields or "login_hint" not in fields:
            raise LaunchError(LaunchErrorCode.BAD_LOGIN_REQUEST)
        registration = self._registration(fields["iss"], fields.get("client_id"))
        target = self._target(fields.get("target_link_uri") or registration.default_target_link_uri)
        return self._remembered(registration, fields, target, request)

    def _registration(self, issuer: str, client_id: str | None) -> Registration:
        if client_id is not None:
            found = self._registrations.find(registration_id(issuer, client_id))
        else:
            known = self._registrations.of_issuer(issuer)
            if len(known) > 1:
                raise LaunchError(LaunchErrorCode.CLIENT_ID_REQUIRED)
            found = known[0] if known else None
        if found is None:
            raise LaunchError(LaunchErrorCode.PLATFORM_UNKNOWN)
        require_active(found)
        return found

    def _target(self, uri: str | None) -> str:
        """Core 5.3.4; it is never redirected to, but it has to be ours."""
        if uri is None or not uri.startswith(self._settings.public_url + "/") or "\\" in uri:
            raise LaunchError(LaunchErrorCode.BAD_TARGET_LINK_URI)
        return uri

    def _remembered(
        self, registration: Registration, fields: Mapping[str, str], target: str, request: LoginRequest
    ) -> LoginAnswer:
        framed = request.framed
        url, state, nonce = _redirect(registration, fields, self._settings.public_url + LAUNCH_PATH)
        cookie = LoginCookie(cookie_name(state), entropy.new_secret(), self._settings.login_seconds)
        storage = _storage(registration, fields, state) if framed else None
        window = not framed and OWN_WINDOW in fields
        login = StartedLogin(
            nonce=nonce,
            registration=registration.id,
            target_link_uri=target,
            deployment=quirks.login_deployment(fields),
            cookie_hash=digest(cookie.value),
            storage_target=storage.target if storage else None,
            storage_hash=digest(storage.secret) if storage else None,
            again=None if window else {**fields, OWN_WINDOW: "1"},
        )
        self._store.save(state, login, self._limit, registration.id, place_of(request.address))
        tried, known = framed or window, (registration.issuer, *registration.frame_origins)
        return LoginAnswer(url, state, cookie, tried, storage, login.again, known)


def require_active(registration: Registration) -> None:
    """Check that launches of a registration are accepted.

    Raises:
        LaunchError: an admin has not approved it yet, or switched it off.
    """
    if registration.status is RegistrationStatus.PENDING:
        raise LaunchError(LaunchErrorCode.REGISTRATION_PENDING)
    if registration.status is RegistrationStatus.DISABLED:
        raise LaunchError(LaunchErrorCode.REGISTRATION_DISABLED)


def platform_origin(registration: Registration) -> str:
    """Return the origin that answers for platform storage: that of the authorisation address (LTI-CS-PM)."""
    parts = urlsplit(registration.auth_login_url)
    return f"{parts.scheme}://{parts.netloc}"


def _storage(registration: Registration, fields: Mapping[str, str], state: str) -> PlatformStorage:
    target = fields.get("lti_storage_target", "")
    return PlatformStorage(target, platform_origin(registration), state, entropy.new_secret())


def _redirect(registration: Registration, fields: Mapping[str, str], launch_url: str) -> tuple[str, str, str]:
    """Return the platform's authorisation address with all parameters, the state and the nonce in it."""
    kept = _Kept()
    login = _AuthRequest(_Parameters(fields), _NoConfig(), _NonceKeeper(kept), _StateKeeper(kept))
    url = login.for_registration(registration).redirect(launch_url)
    base = registration.auth_login_url
    if "?" in base:
        # The library adds a second "?" to an address that has a query of its own.
        url = f"{base}&{url[len(base) + 1 :]}"
    return url, kept.state, kept.nonce


class _Kept:
    state = ""
    nonce = ""


class _Parameters(Request):
    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._fields.get(key, "")


class _NoConfig(ToolConfAbstract[_Parameters]):
    """Registrations are found before the library is asked; it looks up nothing."""

    def find_registration_by_issuer(self, iss: str, *args: object, **kwargs: object) -> RedirectRegistration:
        raise NotImplementedError

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: object, **kwargs: object
    ) -> RedirectRegistration:
        raise NotImplementedError

    def find_deployment(self, iss: str, deployment_id: str) -> None:
        raise NotImplementedError

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: object, **kwargs: object
    ) -> None:
        raise NotImplementedError


class _StateKeeper(CookieService):
    """The library hands the state over as a cookie."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        self._kept.state = name


class _NonceKeeper(SessionService):
    # The parent's constructor would open a session.
    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    def save_nonce(self, nonce: str) -> None:
        self._kept.nonce = nonce


class _Url(Redirect[str]):
    def __init__(self, url: str) -> None:
        self._url = url

    def do_redirect(self) -> str:
        return self._url

    def do_js_redirect(self) -> str:
        raise NotImplementedError

    def set_redirect_url(self, location: str) -> None:
        self._url = location

    def get_redirect_url(self) -> str:
        return self._url


class _AuthRequest(OIDCLogin[_Parameters, _NoConfig, _NonceKeeper, _StateKeeper, str]):
    _ours: RedirectRegistration

    def for_registration(self, registration: Registration) -> "_AuthRequest":
        self._ours = (
            RedirectRegistration()
            .set_issuer(registration.issuer)
            .set_client_id(registration.client_id)
            .set_auth_login_url(registration.auth_login_url)
        )
        return self

    def validate_oidc_login(self) -> RedirectRegistration:
        return self._ours

    def get_redirect(self, url: str) -> Redirect[str]:
        return _Url(url)

    def _generate_nonce(self) -> str:
        # The library's own nonce holds the machine's address and clock.
        return entropy.new_secret()
