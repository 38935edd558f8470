"""One authorised call to a platform's service."""

from collections.abc import Sequence
from typing import Final

from lti_room.base.clock import Clock
from lti_room.lti.http import Answer, FetchFailed, GuardedHttp
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.addresses import secured
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.tokens import ServiceTokens
from lti_room.lti.services.waiting import retry_after

CALL_SECONDS: Final = 10.0
MOST_BYTES: Final = 4 * 1024 * 1024
_NOT_FOR_US: Final = frozenset({"url not allowed", "address not allowed", "header not allowed"})


class ServiceConnector:
    """Calls services with a token of the registration's own."""

    def __init__(self, clock: Clock, http: GuardedHttp, tokens: ServiceTokens) -> None:
        self._clock = clock
        self._http = http
        self._tokens = tokens

    def call(
        self,
        registration: Registration,
        scopes: Sequence[str],
        method: str,
        url: str,
        *,
        accept: str,
        content_type: str | None = None,
        body: bytes | None = None,
        deployment: str | None = None,
    ) -> Answer:
        """Call a service and return its answer, whose status is 2xx.

        Args:
            registration: whose token is used.
            scopes: what is needed, the indispensable first.
            method: GET, POST, PUT or DELETE.
            url: the service address of a signed message, or one that `addresses.within` let pass.
            accept: the media type expected.
            content_type: media type of `body`.
            body: what is sent.
            deployment: the one the message came from, named in the token request (core 6.2.1).

        Raises:
            ServiceError: `platform_token`, `service_unreachable`, `service_origin`, `service_refused`,
                `service_malformed` (too large), `rate_limited`.
        """
        headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
        address = secured(registration, url)
        token = self._tokens.token(registration, scopes, deployment)
        answer = self._send(registration, method, address, headers, body, token.text)
        if answer.status == 401 and token.kept:
            # The platform may have forgotten it before its time (row 108): once more with a new one.
            self._tokens.forget(registration, scopes, deployment)
            token = self._tokens.token(registration, scopes, deployment)
            answer = self._send(registration, method, address, headers, body, token.text)
        if answer.status == 401:
            self._tokens.forget(registration, scopes, deployment)
        return self._accepted(answer)

    def _send(
        self,
        registration: Registration,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        token: str,
    ) -> Answer:
        try:
            return self._http.send(
                method,
                url,
                headers=headers | {"Authorization": f"Bearer {token}"},
                body=body,
                seconds=CALL_SECONDS,
                most=MOST_BYTES,
                private=registration.private_network,
            )
        except FetchFailed as failure:
            raise _failure(str(failure)) from None

    def _accepted(self, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        wait = retry_after(answer, self._clock.now())
        limited = answer.status == 429 or (answer.status == 503 and wait is not None)
        if limited:
            raise ServiceError(ServiceErrorCode.RATE_LIMITED, retry_after=wait, status=answer.status)
        if answer.status == 408 or answer.status >= 500:
            raise ServiceError(ServiceErrorCode.SERVICE_UNREACHABLE, retry_after=wait, status=answer.status)
        raise ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True, status=answer.status)


def _failure(reason: str) -> ServiceError:
    if reason in _NOT_FOR_US:
        return ServiceError(ServiceErrorCode.SERVICE_ORIGIN, permanent=True)
    if reason == "too large":
        return ServiceError(ServiceErrorCode.SERVICE_MALFORMED)
    return ServiceError(ServiceErrorCode.SERVICE_UNREACHABLE)
