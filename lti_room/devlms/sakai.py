"""The emulated Sakai."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from lti_room.base import entropy
from lti_room.devlms.persons import recorded
from lti_room.devlms.platform import CLAIM, Launch, Link, Platform, Swaps

_LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"


class Sakai(Platform):
    """Login by GET, no message hint, a frame without camera and microphone."""

    key = "sakai"
    name = "Sakai"
    course_label = "bio-101"
    note = "The frame forbids camera and microphone: use “Open in a new window”."
    authorisation_path = "/imsoidc/lti13/oidc_auth"
    grant_path = "/imsblis/lti13/token/4"  # tokens are asked for per tool
    jwks_path = "/imsblis/lti13/keyset"
    recorded_host = "https://sakai.example"
    resource_links: ClassVar[Mapping[str, str]] = {"link1": "content:42", "link2": "content:43"}
    required = (
        "client_id",
        "login_hint",
        "nonce",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    )
    hint_works_once = False
    assertion_claims = ("exp",)
    parent_script = "sakai.js"

    def swaps(self, launch: Launch) -> Swaps:
        """Name the link in the services' addresses, and the bare host of the server."""
        host = self.base_url.partition("://")[2]
        return {"sakai.example": host, "content:42": self.link_id(launch.link)}

    def numbered_link(self, number: int) -> str:
        """Number the content item."""
        return f"content:{41 + number}"

    def another(self, claims: Mapping[str, Any], number: int) -> tuple[str, Swaps]:
        """Number the UUID at the end of the address that is a `sub`."""
        old = str(claims["sub"]).rpartition("/")[2]
        new = re.sub("-0000-", f"-{number:04d}-", old, count=1)
        return str(claims["sub"]).replace(old, new), {old: new}

    def login_hint(self, launch: Launch, claims: Mapping[str, Any]) -> str:
        """Return the path of the link, base64url, padded with dots.

        The real one ends with the link and finds the person in Sakai's session cookie. Here several people
        are launched from one browser, so the launch follows the link.
        """
        site = claims[CLAIM + "context"]["id"]
        path = f"/access/lti/site/{site}/{self.link_id(launch.link)}/{launch.key}"
        return base64.urlsafe_b64encode(path.encode()).decode().replace("=", ".")

    def message_hint(self, launch: Launch) -> str:
        """Sakai sends none."""
        return ""

    def launch_key(self, parameters: Mapping[str, str], now: float) -> str | None:
        """Read the login hint."""
        text = parameters.get("login_hint", "").replace(".", "=")
        try:
            path = base64.b64decode(text, altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        return path.rpartition("/")[2]

    def new_launch_key(self) -> str:
        """Return a random key."""
        return entropy.new_secret()

    def scopes(self) -> frozenset[str]:
        """Return the scopes switched on for the tool."""
        return frozenset(recorded(self.key, "openid_configuration")["scopes_supported"]) - {"openid"}

    def granted(self, asked: list[str]) -> list[str]:
        """Fail on one forbidden scope; a reader of line items may write them too, as in the real one."""
        known = {scope.casefold() for scope in self.scopes()}
        if not {scope.casefold() for scope in asked} <= known:
            return []
        if f"{_LINE_ITEM}.readonly" in asked and _LINE_ITEM not in asked:
            return [*asked, _LINE_ITEM]
        return asked

    def frame(self, link: Link, launcher: str) -> dict[str, str]:
        """Return a frame whose devices are allowed to Sakai's own origin only."""
        number = self.link_id(link).partition(":")[2]
        return {
            "id": f"sakai-lti-iframe-{number}",
            "title": link.title,
            "src": launcher,
            "allow": "autoplay *;fullscreen *;encrypted-media *;camera 'self';microphone 'self';"
            "local-network-access *",
        }
