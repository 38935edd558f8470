"""What we tell an LMS about ourselves, in each of the forms they want it.

Dynamic Registration 1.0 section 3.6; Canvas `doc/api/lti_dev_key_config.md` and `doc/api/registration.md`;
Moodle `registration_helper.php`; Sakai `LTI13Servlet.java`.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.lti.addresses import JWKS_PATH, LAUNCH_PATH, LOGIN_PATH
from lti_room.lti.registrations.platform_configuration import (
    DEEP_LINKING,
    RESOURCE_LINK,
    PlatformConfiguration,
)
from lti_room.lti.registrations.registration import Platform

TITLE: Final = "Live room"
DESCRIPTION: Final = "A live room that opens from a course page: stage, chat, hands, screen sharing."
SCOPES: Final = (
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
)
"""Who is in the course, and grades. Nothing else is ever asked for."""

CLAIMS: Final = ("sub", "iss", "name", "given_name", "family_name", "locale")
"""Names, so that people are called something in the room. No e-mail, no picture."""

LMS_NAMES: Final = {"canvas": "Canvas", "moodle": "Moodle", "sakai": "Sakai", "other": ""}

_SAKAI_FEATURES: Final = (
    "autoplay *",
    "fullscreen *",
    "encrypted-media *",
    "camera *",
    "microphone *",
    "display-capture *",
    "local-network-access *",
)
SAKAI_PROPERTIES: Final = "\n".join(
    [
        f"browser.feature.allow.count={len(_SAKAI_FEATURES)}",
        *(f"browser.feature.allow.{n}={name}" for n, name in enumerate(_SAKAI_FEATURES, 1)),
    ]
)
"""Lines of `sakai.properties` (`kernel.properties`): as shipped, a tool's frame has no camera."""

TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_CANVAS: Final = "https://canvas.instructure.com/lti/"
_CANVAS_PLACES: Final = ("link_selection", "assignment_selection", "editor_button")
_OTHER_PLACES: Final = ("ContentArea",)
_TOOL_ID: Final = "lti-room"
_PRIVACY: Final = "name_only"
_PICKER: Final = {"selection_width": 900, "selection_height": 720}


class ToolConfiguration:
    """Our addresses, and the documents that are made of them.

    Args:
        public_url: our own origin.
        icon_url: a picture of the tool.
    """

    def __init__(self, public_url: str, icon_url: str) -> None:
        self.login_url = public_url + LOGIN_PATH
        self.launch_url = public_url + LAUNCH_PATH
        self.jwks_url = public_url + JWKS_PATH
        self.canvas_url = f"{public_url}/lti/canvas.json"
        self.icon_url = icon_url
        # Moodle compares it with the host of the launch address, port included.
        self.domain = urlsplit(public_url).netloc

    def registration_request(self, platform: PlatformConfiguration) -> dict[str, Any]:
        """Return what is posted to a platform's registration endpoint."""
        return {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": self.login_url,
            "redirect_uris": [self.launch_url],
            "client_name": TITLE,
            "jwks_uri": self.jwks_url,
            "logo_uri": self.icon_url,
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": " ".join(self.scopes(platform)),
            TOOL_CONFIGURATION: {
                "domain": self.domain,
                "description": DESCRIPTION,
                "target_link_uri": self.launch_url,
                "custom_parameters": {},
                "claims": self.claims(platform),
                "messages": self._messages(platform),
                **(self._canvas_members() if platform.platform is Platform.CANVAS else {}),
            },
        }

    @staticmethod
    def scopes(platform: PlatformConfiguration) -> list[str]:
        """Return the scopes we want and the platform has: Sakai fails a request for any other."""
        return [scope for scope in SCOPES if scope in platform.scopes]

    @staticmethod
    def claims(platform: PlatformConfiguration) -> list[str]:
        """Return the claims to ask for. Sakai lists two and sends more: then all are asked for."""
        return [one for one in CLAIMS if one in platform.claims or "name" not in platform.claims]

    def _messages(self, platform: PlatformConfiguration) -> list[dict[str, Any]]:
        canvas = platform.platform is Platform.CANVAS
        wanted = {
            RESOURCE_LINK: ("course_navigation",) if canvas else (),
            DEEP_LINKING: _CANVAS_PLACES if canvas else _OTHER_PLACES,
        }
        return [
            self._message(kind, [place for place in places if place in platform.messages[kind]], canvas)
            for kind, places in wanted.items()
            if kind in platform.messages
        ]

    def _message(self, kind: str, places: list[str], canvas: bool) -> dict[str, Any]:
        message: dict[str, Any] = {
            "type": kind,
            "target_link_uri": self.launch_url,
            "label": TITLE,
            "icon_uri": self.icon_url,
            "custom_parameters": {},
        }
        if places:
            message["placements"] = places
        if canvas and kind == RESOURCE_LINK:
            message |= {
                f"{_CANVAS}course_navigation/default_enabled": False,
                f"{_CANVAS}visibility": "members",
                f"{_CANVAS}display_type": "new_window",
            }
        if canvas and kind == DEEP_LINKING:
            message |= {
                f"{_CANVAS}launch_width": _PICKER["selection_width"],
                f"{_CANVAS}launch_height": _PICKER["selection_height"],
            }
        return message

    @staticmethod
    def _canvas_members() -> Mapping[str, str]:
        return {
            f"{_CANVAS}privacy_level": _PRIVACY,
            f"{_CANVAS}tool_id": _TOOL_ID,
            f"{_CANVAS}vendor": _TOOL_ID,
        }

    def canvas_key(self) -> dict[str, Any]:
        """Return the JSON a Canvas developer key is made from."""
        picking = [self._placement(place, DEEP_LINKING, **_PICKER) for place in _CANVAS_PLACES]
        opening = self._placement(
            "course_navigation",
            RESOURCE_LINK,
            default="disabled",
            visibility="members",
            windowTarget="_blank",
        )
        return {
            "title": TITLE,
            "description": DESCRIPTION,
            "oidc_initiation_url": self.login_url,
            "target_link_uri": self.launch_url,
            "scopes": list(SCOPES),
            "public_jwk_url": self.jwks_url,
            "custom_fields": {},
            "extensions": [
                {
                    "platform": "canvas.instructure.com",
                    "domain": self.domain,
                    "tool_id": _TOOL_ID,
                    "privacy_level": _PRIVACY,
                    "settings": {
                        "text": TITLE,
                        "icon_url": self.icon_url,
                        **_PICKER,
                        "placements": [opening, *picking],
                    },
                }
            ],
        }

    def _placement(self, name: str, message: str, **more: Any) -> dict[str, Any]:
        return {
            "placement": name,
            "message_type": message,
            "target_link_uri": self.launch_url,
            "text": TITLE,
            "icon_url": self.icon_url,
            "enabled": True,
            **more,
        }


def manual_values(tool: ToolConfiguration) -> dict[str, list[tuple[str, str]]]:
    """Return what is typed into each LMS by hand: (name of the field there, value), in the form's order."""
    return {
        Platform.CANVAS: [
            ("Method", "Enter URL"),
            ("JSON URL", tool.canvas_url),
            ("Redirect URIs", tool.launch_url),
        ],
        Platform.MOODLE: [
            ("Tool name", TITLE),
            ("Tool URL", tool.launch_url),
            ("LTI version", "LTI 1.3"),
            ("Public key type", "Keyset URL"),
            ("Public keyset", tool.jwks_url),
            ("Initiate login URL", tool.login_url),
            ("Redirection URI(s)", tool.launch_url),
            ("Content selection URL", tool.launch_url),
        ],
        Platform.SAKAI: [
            ("Launch URL", tool.launch_url),
            ("LTI 1.3 Tool Keyset URL", tool.jwks_url),
            ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", tool.login_url),
            ("LTI 1.3 Tool Redirect Endpoint(s)", tool.launch_url),
        ],
        Platform.OTHER: [
            ("Login initiation URL", tool.login_url),
            ("Target link URI", tool.launch_url),
            ("Redirect URI", tool.launch_url),
            ("JWKS URL", tool.jwks_url),
            ("Icon URL", tool.icon_url),
        ],
    }
