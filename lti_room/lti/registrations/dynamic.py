"""A platform registers itself with us, and we with it (LTI Dynamic Registration 1.0).

Two requests, both through the guarded client: for the platform's configuration, and to its registration
endpoint. The platform's token is passed on and never kept; what it answers beyond our identity is forgotten.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from lti_room.base.settings import SettingsError
from lti_room.lti.http import AddressRefused, Answer, FetchFailed, GuardedHttp
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.errors import RegistrationErrorCode, RegistrationFailed
from lti_room.lti.registrations.platform_configuration import PlatformConfiguration, read_configuration
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.registrations.tool_configuration import TOOL_CONFIGURATION, ToolConfiguration

_SECONDS: Final = 10.0
"""Registering is a form an admin waits for; an LMS may take longer for it than for its keys."""

_LONGEST_ID: Final = 255


@dataclass(frozen=True)
class Registered:
    """What a platform made of our request. `scopes` are those it granted, None where it does not say."""

    client_id: str
    deployment: str | None
    scopes: frozenset[str] | None


class DynamicRegistration:
    """Talks to platforms that want to register us."""

    def __init__(self, http: GuardedHttp, tool: ToolConfiguration, *, development: bool) -> None:
        self._http = http
        self._tool = tool
        self._development = development

    def configuration(self, url: str, token: str, *, private: bool) -> PlatformConfiguration:
        """Fetch and check a platform's configuration.

        Args:
            url: `openid_configuration` of the registration request.
            token: `registration_token`, empty if there was none; Canvas wants it here too.
            private: allow addresses of private networks.

        Raises:
            RegistrationFailed: rows 115, 116, 119 and 120 of the attack table, or it did not answer.
        """
        answer = self._send("GET", url, token, None, private)
        if answer.status != 200:
            raise RegistrationFailed(RegistrationErrorCode.UNREACHABLE)
        return read_configuration(answer.body, url, development=self._development)

    def register(self, platform: PlatformConfiguration, token: str, *, private: bool) -> Registered:
        """Ask a platform to register us.

        Raises:
            RegistrationFailed: it did not answer, declined, or answered nonsense.
        """
        body = json.dumps(self._tool.registration_request(platform)).encode()
        answer = self._send("POST", platform.registration_endpoint, token, body, private)
        if answer.status not in (200, 201):
            raise RegistrationFailed(RegistrationErrorCode.DECLINED)
        return _registered(answer.body)

    def registration(
        self,
        platform: PlatformConfiguration,
        registered: Registered,
        *,
        name: str,
        private: bool,
        approve_first_deployment: bool,
    ) -> Registration:
        """Return the registration that both sides now agree on.

        Raises:
            RegistrationFailed: a value cannot be kept.
        """
        frame = [platform.origin] if platform.origin != platform.issuer else []
        entry: dict[str, Any] = {
            "name": name or platform.account_name or f"{platform.platform.capitalize()} {platform.host}",
            "platform": platform.platform,
            "issuer": platform.issuer,
            "client_id": registered.client_id,
            "auth_login_url": platform.authorization_endpoint,
            "auth_token_url": platform.token_endpoint,
            "jwks_url": platform.jwks_uri,
            "deployments": [registered.deployment] if registered.deployment else [],
            "frame_origins": frame,
            "private_network": private,
            "approve_first_deployment": approve_first_deployment,
        }
        try:
            return from_mapping(entry, development=self._development)
        except SettingsError:
            raise RegistrationFailed(RegistrationErrorCode.MALFORMED) from None

    def _send(self, method: str, url: str, token: str, body: bytes | None, private: bool) -> Answer:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._http.send(method, url, headers=headers, body=body, seconds=_SECONDS, private=private)
        except AddressRefused:
            raise RegistrationFailed(RegistrationErrorCode.URL_NOT_ALLOWED) from None
        except FetchFailed:
            raise RegistrationFailed(RegistrationErrorCode.UNREACHABLE) from None


def _registered(body: bytes) -> Registered:
    """Read the answer of a registration endpoint; Moodle and Sakai name a deployment, Canvas does not."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED) from None
    if not isinstance(reply, dict) or not _is_id(reply.get("client_id")):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED)
    tool = reply.get(TOOL_CONFIGURATION)
    deployment = tool.get("deployment_id") if isinstance(tool, dict) else None
    scope = reply.get("scope")
    return Registered(
        reply["client_id"],
        deployment if _is_id(deployment) else None,
        frozenset(scope.split()) if isinstance(scope, str) else None,
    )


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST_ID
        and value.isascii()
        and value.isprintable()
        and value == value.strip()
    )
