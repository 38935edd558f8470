"""The emulated Moodle."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from lti_room.base import entropy
from lti_room.devlms.persons import recorded
from lti_room.devlms.platform import Fault, Launch, Link, Platform, Swaps


class Moodle(Platform):
    """Tokens of 60 seconds, a single-use hint of raw JSON, no platform storage."""

    key = "moodle"
    name = "Moodle"
    course_label = "BIO101"
    note = "The frame allows camera and microphone. Tokens live 60 seconds."
    authorisation_path = "/mod/lti/auth.php"
    grant_path = "/mod/lti/token.php"
    jwks_path = "/mod/lti/certs.php"
    recorded_host = "https://moodle.example"
    stand_ins: ClassVar[Mapping[str, str]] = {"designer": "manager"}
    resource_links: ClassVar[Mapping[str, str]] = {"link1": "7", "link2": "8"}
    required = (
        "client_id",
        "login_hint",
        "lti_message_hint",
        "nonce",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    )
    posted_errors: ClassVar[Mapping[Fault, str]] = {
        "parameter": "invalid_request",
        "scope": "invalid_scope",
        "response_type": "unsupported_response_type",
        "response_mode": "invalid_request",
        "prompt": "invalid_request",
        "client": "unauthorized_client",
        "person": "access_denied",
    }
    hint_works_once = True
    form_required = True
    grant_is_jwt = False
    grant_mimetype = "text/html"

    def swaps(self, launch: Launch) -> Swaps:
        """Give every other link its own activity and line item; say container 4 for a new window."""
        swaps: Swaps = {}
        number = launch.link.number
        if number != 1:
            swaps |= {
                '"instanceid":"7"': f'"instanceid":"{6 + number}"',
                "instanceid=7": f"instanceid={6 + number}",
                "/31/": f"/{30 + number}/",
            }
        if launch.placing == "window":
            swaps |= {"iframe": "window", "launch_container=3": "launch_container=4"}
        return swaps

    def numbered_link(self, number: int) -> str:
        """Number the instance."""
        return str(6 + number)

    def another(self, claims: Mapping[str, Any], number: int) -> tuple[str, Swaps]:
        """Number the user id and the login name."""
        old = str(claims["sub"])
        new = str(int(old) + 10 * number)
        return new, {f"user{old}": f"user{new}", f'"userid":"{old}"': f'"userid":"{new}"'}

    def login_hint(self, launch: Launch, claims: Mapping[str, Any]) -> str:
        """Return the numeric user id."""
        return str(claims["sub"])

    def message_hint(self, launch: Launch) -> str:
        """Return raw JSON, to be echoed byte for byte."""
        hint = {"cmid": 44 + launch.link.number, "launchid": launch.key}
        return json.dumps(hint, separators=(",", ":"))

    def launch_key(self, parameters: Mapping[str, str], now: float) -> str | None:
        """Read the message hint; another byte sequence is another hint."""
        text = parameters.get("lti_message_hint", "")
        try:
            hint = json.loads(text)
            key = hint["launchid"]
        except (ValueError, TypeError, KeyError):
            return None
        same_bytes = text == json.dumps(hint, separators=(",", ":"))
        return key if same_bytes and isinstance(key, str) else None

    def new_launch_key(self) -> str:
        """Return `ltilaunch<instance>_<random number>`; the instance is the first link's for both."""
        return f"ltilaunch7_{int.from_bytes(entropy.new_secret().encode()[:12])}"

    def scopes(self) -> frozenset[str]:
        """Return every service of the site."""
        return frozenset(recorded(self.key, "openid_configuration")["scopes_supported"]) - {"openid"}

    def granted(self, asked: list[str]) -> list[str]:
        """Grant what is known and drop the rest in silence."""
        return [scope for scope in asked if scope in self.scopes()]

    def frame(self, link: Link, launcher: str) -> dict[str, str]:
        """Return a frame that may use devices only while its page has the tool's origin."""
        here = self.tool_url
        return {
            "id": "contentframe",
            "title": link.title,
            "height": "600px",
            "width": "100%",
            "src": launcher,
            "allow": f"microphone {here}; camera {here}; geolocation {here}; midi {here}; "
            f"encrypted-media {here}; autoplay {here}",
            "allowfullscreen": "1",
        }
