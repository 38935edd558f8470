"""Step 3: the platform's answer. The order of checks is the point of this file.

size, fields, error answer, state, record, browser, JWT shape, nonce, issuer and audience against the record,
registration, key, signature and times; then the state is used up; then deployment and message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from lti_room.base import log
from lti_room.base.clock import Clock
from lti_room.base.settings import Settings
from lti_room.lti import quirks
from lti_room.lti.errors import NOT_HELD_AGAINST, LaunchError, LaunchErrorCode
from lti_room.lti.launching import id_token
from lti_room.lti.launching.login import PlatformStorage, platform_origin, require_active
from lti_room.lti.launching.login_store import LoginStore, StartedLogin, cookie_name, matches
from lti_room.lti.launching.message import Course, DeepLinkRequest, Launch, Link, read_message, return_url
from lti_room.lti.launching.platform_keys import PlatformKeys
from lti_room.lti.launching.rate_limit import RateLimit, place_of
from lti_room.lti.launching.request_fields import Fields, single
from lti_room.lti.registrations.registration import Registration, RegistrationStore
from lti_room.lti.roles import LaunchRole

__all__ = ["BrowserNotProven", "Course", "Launch", "LaunchRequest", "LaunchRole", "Launches", "Link"]

_LOG: Final = log.logger("lti.launch")
STATE: Final = re.compile(r"state-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""How `pylti1p3` writes a state."""

_FIELDS: Final = (
    ({"state": 255}, LaunchErrorCode.BAD_STATE),
    ({"id_token": 256 * 1024}, LaunchErrorCode.JWT_MALFORMED),
    ({"ps_secret": 255, "error": 2048}, LaunchErrorCode.BAD_LAUNCH_REQUEST),
)
"""Most characters of each field, and the refusal for one that is longer, repeated or unprintable."""


@dataclass(frozen=True, kw_only=True)
class LaunchRequest:
    """A launch as it came. `framed` as in `LoginRequest`."""

    fields: Fields
    cookies: Mapping[str, str]
    address: str
    framed: bool = False


class BrowserNotProven(LaunchError):
    """The login's cookie did not come back into a frame or a window of ours: the browser may block it there.

    `storage` says where else to look (without the secret), or is None; `again` starts the login anew in a
    window, and is None in that window: there is no third try. The login is not used up.
    """

    def __init__(self, state: str, storage: PlatformStorage | None, again: Mapping[str, str] | None) -> None:
        super().__init__(LaunchErrorCode.COOKIES_BLOCKED)
        self.state = state
        self.storage = storage
        self.again = again


class Launches:
    """Verifies launches."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        registrations: RegistrationStore,
        store: LoginStore,
        keys: PlatformKeys,
        failures: RateLimit,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._registrations = registrations
        self._store = store
        self._keys = keys
        self._failures = failures

    def verify(self, request: LaunchRequest) -> Launch | DeepLinkRequest:
        """Return the verified message, whose login is used up.

        Raises:
            LaunchError: rows 21 to 91 of the attack table.
            BrowserNotProven: a frame's browser may keep no cookie.
        """
        fields: dict[str, str] = {}
        for limits, code in _FIELDS:
            fields |= single(request.fields, limits, code)
        state, login = self._started(fields)
        try:
            if "error" in fields:
                self._declined(request, state, login)
            by_cookie = self._browser(request, fields, state, login)
            registration, body = self._believed(fields, state, login)
        except LaunchError as error:
            _LOG.info("launch refused", extra={"registration": login.registration, "code": error.code})
            if error.code not in NOT_HELD_AGAINST:
                # Only what fails is limited: a course behind one address must not pay for one of its people.
                self._failures.count(login.registration, place_of(request.address))
            raise
        return self._read(body, registration, login, by_cookie)

    def _started(self, fields: Mapping[str, str]) -> tuple[str, StartedLogin]:
        state = fields.get("state", "")
        if not STATE.fullmatch(state):
            raise LaunchError(
                LaunchErrorCode.PLATFORM_ERROR if "error" in fields else LaunchErrorCode.BAD_STATE
            )
        login = self._store.read(state)
        if login is None:
            raise LaunchError(LaunchErrorCode.STATE_UNKNOWN_OR_USED)
        return state, login

    def _declined(self, request: LaunchRequest, state: str, login: StartedLogin) -> NoReturn:
        """The platform answered with an error (OpenID Connect Core 3.1.2.6): the login is over."""
        cookie = request.cookies.get(cookie_name(state))
        if cookie is not None and matches(cookie, login.cookie_hash):
            self._store.consume(state)
        raise LaunchError(LaunchErrorCode.PLATFORM_ERROR)

    def _browser(
        self, request: LaunchRequest, fields: Mapping[str, str], state: str, login: StartedLogin
    ) -> bool:
        """Prove that this browser started the login: True by its cookie, False by platform storage."""
        cookie, secret = request.cookies.get(cookie_name(state)), fields.get("ps_secret")
        if cookie is not None and matches(cookie, login.cookie_hash):
            return True
        if secret is not None and login.storage_hash is not None and matches(secret, login.storage_hash):
            return False
        may_be_blocked = request.framed or login.again is None
        if cookie is None and "ps_secret" not in request.fields and may_be_blocked:
            raise BrowserNotProven(state, self._storage(state, login), login.again)
        raise LaunchError(LaunchErrorCode.BROWSER_NOT_PROVEN)

    def _storage(self, state: str, login: StartedLogin) -> PlatformStorage | None:
        registration = self._registrations.find(login.registration)
        if login.storage_target is None or registration is None:
            return None
        return PlatformStorage(login.storage_target, platform_origin(registration), state, "")

    def _believed(
        self, fields: Mapping[str, str], state: str, login: StartedLogin
    ) -> tuple[Registration, Mapping[str, Any]]:
        """Return who signed the message, and its claims. The login is used up."""
        if "id_token" not in fields:
            raise LaunchError(LaunchErrorCode.ID_TOKEN_MISSING)
        registration = self._registrations.find(login.registration)
        if registration is None:
            raise LaunchError(LaunchErrorCode.PLATFORM_UNKNOWN)
        token = id_token.parse(fields["id_token"], registration.algorithms)
        _check_binding(token.body, login, registration)
        require_active(registration)
        key = self._keys.find(registration, token.kid, token.algorithm)
        id_token.verify(token, key, self._clock.now())
        if not self._store.consume(state):
            raise LaunchError(LaunchErrorCode.STATE_UNKNOWN_OR_USED)
        return registration, token.body

    def _read(
        self, body: Mapping[str, Any], registration: Registration, login: StartedLogin, by_cookie: bool
    ) -> Launch | DeepLinkRequest:
        development = self._settings.development
        try:
            message = read_message(body, registration, login, by_cookie=by_cookie, development=development)
            self._check_deployment(registration, message)
            return message
        except LaunchError as error:
            error.return_url = return_url(body, registration, development=development)
            _LOG.info("message refused", extra={"registration": registration.id, "code": error.code})
            raise

    def _check_deployment(self, registration: Registration, message: Launch | DeepLinkRequest) -> None:
        """A deployment nobody approved is noted for the admin; the next launch after approval works."""
        known, deployment = self._registrations, message.deployment_id
        if known.is_deployment_known(registration, deployment):
            return
        if known.approve_first_deployment(registration, deployment):
            _LOG.info("first deployment approved by itself", extra={"registration": registration.id})
            return
        known.note_deployment(registration.id, deployment, message.course.title)
        raise LaunchError(LaunchErrorCode.DEPLOYMENT_UNKNOWN)


def _check_binding(body: Mapping[str, Any], login: StartedLogin, registration: Registration) -> None:
    """The message must answer this login: nonce, issuer, audience (Security Framework 1.0 section 5.1.3)."""
    nonce, issuer = body.get("nonce"), body.get("iss")
    if not isinstance(nonce, str) or not nonce:
        raise LaunchError(LaunchErrorCode.CLAIM_MISSING)
    if nonce != login.nonce:
        raise LaunchError(LaunchErrorCode.NONCE_MISMATCH)
    if not isinstance(issuer, str) or not issuer:
        raise LaunchError(LaunchErrorCode.CLAIM_MISSING)
    if issuer not in quirks.issuers(registration, body):
        raise LaunchError(LaunchErrorCode.ISS_MISMATCH)
    _check_audience(body, registration.client_id)


def _check_audience(body: Mapping[str, Any], client_id: str) -> None:
    audience = body.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if client_id not in several:
        raise LaunchError(LaunchErrorCode.AUD_MISMATCH)
    if any(one != client_id for one in several):
        raise LaunchError(LaunchErrorCode.UNTRUSTED_AUDIENCE)
    if body.get("azp") not in (None, client_id):
        raise LaunchError(LaunchErrorCode.AZP_MISMATCH)
