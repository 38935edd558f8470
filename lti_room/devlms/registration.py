"""Dynamic registration as the three LMSs do it: their documents, and requests judged as strictly as there.

Moodle `registration_helper.php`, Sakai `LTI13Servlet.java`, Canvas `dynamic_registration_controller.rb` and
`schemas/lti/ims/lti_tool_configuration.rb`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from lti_room.base import entropy
from lti_room.base.errors import AppError
from lti_room.devlms.persons import recorded
from lti_room.devlms.platform import Platform, random_uuid
from lti_room.devlms.tools import Tools

_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_TOKEN_SECONDS = 3600.0
_LARGEST = 300_000
# Moodle's LTI_URL_DOMAIN_REGEX.
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?([^/]+)(?:/|$)", re.IGNORECASE)


class RegistrationRefused(AppError):
    """The registration request was refused, as the real LMS would."""


@dataclass(frozen=True)
class Habits:
    """What differs: paths, whether the configuration wants the token, the refusal's status, the checks."""

    configuration_path: str
    registration_path: str
    token_for_configuration: bool
    names_deployment: bool
    new_client_id: Callable[[], str]
    new_deployment_id: Callable[[int], str]
    check: Callable[[Mapping[str, Any], Mapping[str, Any]], None]


@dataclass
class Registrations:
    """The registration side of one emulated LMS."""

    platform: Platform
    tools: Tools
    now: Callable[[], float]
    _tokens: dict[str, float] = field(default_factory=dict)
    _made: int = 0

    HABITS: ClassVar[Mapping[str, Habits]]

    @property
    def habits(self) -> Habits:
        """This LMS's own ways."""
        return self.HABITS[self.platform.key]

    def address(self, registration_url: str) -> str:
        """Return what the admin's frame opens: the tool's address with ours and a new token added."""
        token = entropy.new_secret()
        self._tokens[token] = self.now() + _TOKEN_SECONDS
        given = {"registration_token": token} if self.habits.token_for_configuration else {}
        configuration = self.platform.issuer + self.habits.configuration_path
        query = {
            "openid_configuration": configuration + (f"?{urlencode(given)}" if given else ""),
            "registration_token": token,
        }
        return registration_url + ("&" if "?" in registration_url else "?") + urlencode(query)

    def configuration(self) -> dict[str, Any]:
        """Return the recorded configuration with our own addresses."""
        issuer = self.platform.issuer
        return recorded(self.platform.key, "openid_configuration") | {
            "issuer": issuer,
            "authorization_endpoint": issuer + self.platform.authorisation_path,
            "token_endpoint": self.platform.token_url,
            "jwks_uri": issuer + self.platform.jwks_path,
            "registration_endpoint": issuer + self.habits.registration_path,
        }

    def register(self, body: bytes, token: str) -> dict[str, Any]:
        """Judge a registration request and keep the tool, which still has to be activated.

        Raises:
            RegistrationRefused: the token or the request is not what this LMS takes.
        """
        if self._tokens.pop(token, 0.0) < self.now():
            raise RegistrationRefused("invalid_token", "The registration token is unknown, used or too old.")
        asked = _asked(body)
        self.habits.check(asked, self.configuration())
        self._made += 1
        client_id, deployment = self.habits.new_client_id(), self.habits.new_deployment_id(self._made)
        self.tools.add(asked, client_id, deployment)
        told = {**asked[_TOOL], "deployment_id": deployment} if self.habits.names_deployment else asked[_TOOL]
        return {**asked, "client_id": client_id, _TOOL: told}

    def holds(self, token: str) -> bool:
        """Whether a token may still be used."""
        return self._tokens.get(token, 0.0) >= self.now()

    def install(self, pages: Blueprint) -> None:
        """Serve configuration and registration endpoint."""

        @pages.get(self.habits.configuration_path)
        def openid_configuration() -> Response:
            token = request.args.get("registration_token", "")
            if self.habits.token_for_configuration and not self.holds(token):
                return _refusal("invalid_token", 401)
            return jsonify(self.configuration())

        @pages.post(self.habits.registration_path)
        def registration() -> Response:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or request.mimetype != "application/json":
                return _refusal("invalid_request", 401 if scheme != "Bearer" else 415)
            try:
                return jsonify(self.register(request.get_data(), token))
            except RegistrationRefused as error:
                return _refusal(error.code, 401 if error.code == "invalid_token" else 400)


def _refusal(code: str, status: int) -> Response:
    answer = jsonify(error=code)
    answer.status_code = status
    return answer


def _asked(body: bytes) -> Mapping[str, Any]:
    if len(body) > _LARGEST:
        raise RegistrationRefused("too_large", "The request is too large.")
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get(_TOOL), dict):
        raise RegistrationRefused("invalid_client_metadata", "The request is no registration.")
    for name in ("initiate_login_uri", "jwks_uri", "redirect_uris", "client_name"):
        if not asked.get(name):
            raise RegistrationRefused("invalid_client_metadata", f"{name} is missing.")
    return asked


def _needs(right: bool, what: str) -> None:
    if not right:
        raise RegistrationRefused("invalid_client_metadata", f"{what} is not what this LMS takes.")


def _sakai(asked: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    """Sakai looks at three addresses only, which were looked at already."""


def _moodle(asked: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    tool = asked[_TOOL]
    _needs("id_token" in asked.get("response_types", ()), "response_types")
    _needs(asked.get("token_endpoint_auth_method") == "private_key_jwt", "token_endpoint_auth_method")
    domain, target = (_DOMAIN.match(str(tool.get(name, ""))) for name in ("domain", "target_link_uri"))
    _needs(bool(domain and target and domain[1] == target[1]), "domain")


def _canvas(asked: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    tool = asked[_TOOL]
    _needs(asked.get("application_type") == "web", "application_type")
    _needs({"client_credentials", "implicit"} <= set(asked.get("grant_types", ())), "grant_types")
    _needs(asked.get("response_types") == ["id_token"], "response_types")
    _needs(asked.get("token_endpoint_auth_method") == "private_key_jwt", "token_endpoint_auth_method")
    _needs(set(asked.get("scope", "").split()) <= set(configuration["scopes_supported"]), "scope")
    _needs(set(tool.get("claims", ())) <= {"iss", *configuration["claims_supported"]}, "claims")
    _needs(bool(tool.get("domain") and tool.get("messages")), "domain")
    offered = {one["type"]: set(one["placements"]) for one in configuration[_PLATFORM]["messages_supported"]}
    for message in tool["messages"]:
        _needs(set(message.get("placements", ())) <= offered.get(message.get("type"), set()), "messages")


def _moodle_client_id() -> str:
    return "".join(c for c in entropy.new_secret() if c.isalnum())[:15]


Registrations.HABITS = {
    "canvas": Habits(
        "/api/lti/security/openid-configuration",
        "/api/lti/registrations",
        token_for_configuration=True,
        names_deployment=False,
        new_client_id=lambda: str(10_000_000_000_000 + entropy.random_bits(32)),
        new_deployment_id=lambda number: f"{78 + number}:{entropy.random_bits(160):040x}",
        check=_canvas,
    ),
    "moodle": Habits(
        "/mod/lti/openid-configuration.php",
        "/mod/lti/openid-registration.php",
        token_for_configuration=False,
        names_deployment=True,
        new_client_id=_moodle_client_id,
        new_deployment_id=lambda number: str(3 + number),
        check=_moodle,
    ),
    "sakai": Habits(
        "/imsblis/lti13/openid_configuration",
        "/imsblis/lti13/registration_endpoint/5",
        token_for_configuration=False,
        names_deployment=True,
        new_client_id=random_uuid,
        new_deployment_id=lambda number: "1",
        check=_sakai,
    ),
}
