"""The emulated Canvas."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import jwt

from lti_room.base import entropy
from lti_room.devlms.persons import recorded
from lti_room.devlms.platform import CLAIM, Fault, Launch, Link, Platform, Swaps

_HINT_SECONDS = 300
_ALLOW = (
    "geolocation *; microphone *; camera *; midi *; encrypted-media *; autoplay *; clipboard-write *; "
    "display-capture *"
)


class Canvas(Platform):
    """Signed message hint, storage in a forwarding frame, strict token endpoint."""

    key = "canvas"
    name = "Canvas"
    course_label = "BIO-101-2026"
    note = "The frame allows camera and microphone."
    authorisation_path = "/api/lti/authorize_redirect"
    grant_path = "/login/oauth2/token"
    jwks_path = "/api/lti/security/jwks"
    recorded_host = "https://school.canvas.example"
    resource_links: ClassVar[Mapping[str, str]] = {
        "link1": "5a5a5a5a-0000-4000-8000-00000000a551",
        "link2": "5a5a5a5a-0000-4000-8000-00000000a552",
    }
    link_claims = (
        (CLAIM + "resource_link",),
        (CLAIM + "target_link_uri",),
        (CLAIM + "launch_presentation",),
        (CLAIM + "lti1p1", "resource_link_id"),
        ("https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",),
        ("https://www.instructure.com/placement",),
    )
    required = (
        "client_id",
        "login_hint",
        "lti_message_hint",
        "nonce",
        "prompt",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    )
    posted_errors: ClassVar[Mapping[Fault, str]] = {
        "parameter": "invalid_request_object",
        "scope": "invalid_request_object",
        "response_type": "invalid_request_object",
        "response_mode": "invalid_request_object",
        "prompt": "invalid_request_object",
        "client": "unauthorized_client",
        "person": "login_required",
        "launch": "launch_no_longer_valid",
    }
    hint_works_once = True
    assertion_claims = ("iss", "sub", "aud", "exp", "iat", "jti")
    audience_checked = True
    assertion_seconds = 300
    parent_script = "canvas.js"

    def __init__(self, base_url: str, tool_url: str) -> None:
        super().__init__(base_url, tool_url)
        self._hint_secret = entropy.new_secret()

    def swaps(self, launch: Launch) -> Swaps:
        """Give every other link its own line item and 1.1 identifier."""
        number = launch.link.number
        if number == 1:
            return {}
        return {"/line_items/9": f"/line_items/{8 + number}", "6a6a6a6a": f"6{(9 + number) % 16:x}" * 4}

    def numbered_link(self, number: int) -> str:
        """Number the UUID."""
        return f"5a5a5a5a-0000-4000-8000-{0xA550 + number:012x}"

    def another(self, claims: Mapping[str, Any], number: int) -> tuple[str, Swaps]:
        """Number the UUID and the opaque identifier."""
        opaque = self.login_identifier(claims)
        sub = re.sub("-0000-", f"-{number:04d}-", str(claims["sub"]), count=1)
        return sub, {opaque: opaque[:-1] + str(number)}

    @staticmethod
    def login_identifier(claims: Mapping[str, Any]) -> str:
        """Return the opaque identifier (40 hex) of a person."""
        return str(claims[CLAIM + "lti11_legacy_user_id"])

    def login_hint(self, launch: Launch, claims: Mapping[str, Any]) -> str:
        """Return the opaque identifier of the person."""
        return self.login_identifier(claims)

    def message_hint(self, launch: Launch) -> str:
        """Return a JWT that lives 5 minutes; the tool cannot read anything into it."""
        body = {"verifier": launch.key, "context_type": "Course", "exp": int(launch.at) + _HINT_SECONDS}
        return jwt.encode(body, self._hint_secret, algorithm="HS256")

    def launch_key(self, parameters: Mapping[str, str], now: float) -> str | None:
        """Read the message hint."""
        try:
            hint = jwt.decode(
                parameters.get("lti_message_hint", ""),
                self._hint_secret,
                algorithms=["HS256"],
                options={"verify_exp": False},  # judged below, by our clock
            )
        except jwt.InvalidTokenError:
            return None
        return str(hint["verifier"]) if now < float(hint["exp"]) else None

    def new_launch_key(self) -> str:
        """Return a random verifier."""
        return entropy.new_secret()

    def scopes(self) -> frozenset[str]:
        """Return the scopes of the developer key."""
        return frozenset(recorded(self.key, "developer_key_config")["scopes"])

    def granted(self, asked: list[str]) -> list[str]:
        """Grant all or nothing: every scope must be on the developer key."""
        return asked if set(asked) <= self.scopes() else []

    def frame(self, link: Link, launcher: str) -> dict[str, str]:
        """Return a frame that a form of the course page posts into."""
        name = f"tool_content_{11 + link.number}"
        return {
            "id": name,
            "name": name,
            "class": "tool_launch",
            "title": link.title,
            "src": "about:blank",
            "allow": _ALLOW,
            "allowfullscreen": "true",
            "data-lti-launch": "true",
        }
