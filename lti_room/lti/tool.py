"""The whole of LTI for the rest of lti-room."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis.exceptions

from lti_room.base.clock import Clock
from lti_room.base.errors import StoreUnavailable
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.http import GuardedHttp
from lti_room.lti.launching.launch import STATE, Launch, Launches, LaunchRequest
from lti_room.lti.launching.login import LoginAnswer, LoginRequest, Logins
from lti_room.lti.launching.login_store import LoginStore
from lti_room.lti.launching.message import DeepLinkRequest
from lti_room.lti.launching.platform_keys import PlatformKeys
from lti_room.lti.launching.rate_limit import RateLimit
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.lti.tool_keys import ToolKeys


class LtiTool:
    """Logins, launches and our key set. Every method fails closed when Redis is away."""

    def __init__(
        self, *, redis: Redis, clock: Clock, settings: Settings, registrations: RegistrationStore
    ) -> None:
        store = LoginStore(redis, settings)
        logins = RateLimit(redis, clock, "login", settings.logins_per_minute)
        self._logins = Logins(settings, registrations, store, logins)
        self._launches = Launches(
            settings=settings,
            clock=clock,
            registrations=registrations,
            store=store,
            keys=PlatformKeys(redis, clock, GuardedHttp(development=settings.development)),
            failures=RateLimit(redis, clock, "launch", settings.failed_launches_per_minute),
        )
        self._keys = ToolKeys(redis, clock, settings)
        self._store = store
        self._registrations = registrations

    def login(self, request: LoginRequest) -> LoginAnswer:
        """Start a login.

        Raises:
            LaunchError: the request is refused.
            StoreUnavailable: Redis did not answer.
        """
        with _redis_needed():
            return self._logins.start(request)

    def launch(self, request: LaunchRequest) -> Launch | DeepLinkRequest:
        """Verify a message; its login is used up.

        Raises:
            LaunchError: the launch is refused; `BrowserNotProven` where a frame may be denied its cookies.
            StoreUnavailable: Redis did not answer.
        """
        with _redis_needed():
            return self._launches.verify(request)

    def note_login_ancestors(self, state: str, origins: Sequence[str]) -> None:
        """Remember what the browser says is around the frame of a login that is still open.

        Raises:
            LaunchError: `bad_state`, this is no state of ours.
            StoreUnavailable: Redis did not answer.
        """
        if not STATE.fullmatch(state):
            raise LaunchError(LaunchErrorCode.BAD_STATE)
        with _redis_needed():
            self._store.note_ancestors(state, origins)

    def note_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Tell the admin that a page around the LMS could not show a room.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        with _redis_needed():
            self._registrations.note_frame_ancestor(registration_id, origin)

    def jwks(self) -> dict[str, Any]:
        """Return our public key set (RFC 7517).

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        with _redis_needed():
            return self._keys.jwks()


@contextmanager
def _redis_needed() -> Iterator[None]:
    try:
        yield
    except redis.exceptions.RedisError:
        raise StoreUnavailable from None
