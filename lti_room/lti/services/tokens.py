"""Access tokens for a platform's services: client credentials with a signed assertion.

Security Framework 1.0 section 4.1, RFC 7523. Tokens lie in Redis for all processes, by issuer, client_id and
scopes: on a hosted Canvas all schools share one issuer (row 110).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, text
from lti_room.lti import claims
from lti_room.lti.http import Answer, FetchFailed, GuardedHttp
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.waiting import retry_after

ASSERTION_SECONDS: Final = 300
"""Life of an assertion: Canvas takes none that is older (lti_platforms 5.1)."""
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_USUAL_SECONDS: Final = 3600
_MOST_SECONDS: Final = 86_400
_EARLY_SECONDS: Final = 60
_LONGEST_TOKEN: Final = 16_384


class AssertionSigner(Protocol):
    """Our tool key."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a JWT signed with RS256, `kid` in its header."""
        ...


@dataclass(frozen=True)
class AccessToken:
    """A token, and whether it was kept from an earlier call."""

    text: str
    kept: bool


class ServiceTokens:
    """Finds or asks for access tokens."""

    def __init__(self, redis: Redis, clock: Clock, http: GuardedHttp, signer: AssertionSigner) -> None:
        self._redis = redis
        self._clock = clock
        self._http = http
        self._signer = signer

    def token(self, registration: Registration, scopes: Sequence[str], deployment: str | None) -> AccessToken:
        """Return a token that allows the first of `scopes`, and the others where the platform grants all.

        Raises:
            ServiceError: `platform_token`, the platform gave none.
        """
        key = _key(registration, scopes, deployment)
        if kept := self._redis.get(key):
            return AccessToken(text(kept), kept=True)
        answer = self._ask(registration, scopes, deployment)
        if _is_scope_refused(answer) and len(scopes) > 1:
            # Sakai fails the whole request for one scope it does not allow (lti_platforms 5.1).
            answer = self._ask(registration, scopes[:1], deployment)
        granted, seconds = _read(answer, self._clock.now())
        if seconds > _EARLY_SECONDS:
            self._redis.set(key, granted, ex=seconds - _EARLY_SECONDS)
        return AccessToken(granted, kept=False)

    def forget(self, registration: Registration, scopes: Sequence[str], deployment: str | None) -> None:
        """Drop a kept token the platform takes no more."""
        self._redis.delete(_key(registration, scopes, deployment))

    def _ask(self, registration: Registration, scopes: Sequence[str], deployment: str | None) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._signer.sign(self._assertion(registration, deployment)),
            "scope": " ".join(scopes),
        }
        try:
            return self._http.send(
                "POST",
                registration.auth_token_url,
                headers={
                    "Accept": "application/json",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                body=urlencode(form).encode("ascii"),
                private=registration.private_network,
            )
        except FetchFailed:
            raise ServiceError(ServiceErrorCode.PLATFORM_TOKEN) from None

    def _assertion(self, registration: Registration, deployment: str | None) -> dict[str, Any]:
        now = int(self._clock.now())
        installed = deployment or _only(registration)
        return {
            "iss": registration.client_id,
            "sub": registration.client_id,
            "aud": registration.auth_token_audience or registration.auth_token_url,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": entropy.new_secret(),
            **({claims.DEPLOYMENT_ID: installed} if installed else {}),
        }


def _only(registration: Registration) -> str | None:
    return next(iter(registration.deployments)) if len(registration.deployments) == 1 else None


def _key(registration: Registration, scopes: Sequence[str], deployment: str | None) -> str:
    named = [registration.issuer, registration.client_id, deployment or "", *sorted(scopes)]
    return f"service-token:{hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]}"


def _is_scope_refused(answer: Answer) -> bool:
    return answer.status in {400, 401, 403} and _document(answer).get("error") == "invalid_scope"


def _read(answer: Answer, now: float) -> tuple[str, int]:
    """Return the token and its life; Moodle and some proxies send the JSON as text/html."""
    if answer.status >= 300:
        temporary = answer.status in {408, 429} or answer.status >= 500
        raise ServiceError(
            ServiceErrorCode.PLATFORM_TOKEN,
            retry_after=retry_after(answer, now),
            permanent=not temporary,
            status=answer.status,
        )
    document = _document(answer)
    granted = document.get("access_token")
    if not isinstance(granted, str) or not 0 < len(granted) <= _LONGEST_TOKEN or not _is_sendable(granted):
        raise ServiceError(ServiceErrorCode.PLATFORM_TOKEN, status=answer.status)
    return granted, _seconds(document.get("expires_in"))


def _is_sendable(granted: str) -> bool:
    return granted.isascii() and granted.isprintable() and " " not in granted


def _seconds(said: object) -> int:
    try:
        return min(max(0, int(str(said))), _MOST_SECONDS) if said is not None else _USUAL_SECONDS
    except ValueError:
        return _USUAL_SECONDS


def _document(answer: Answer) -> Mapping[str, Any]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
