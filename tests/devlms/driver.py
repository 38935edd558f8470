"""Plays the browser and the tool's login endpoint against an emulated LMS, over HTTP."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import requests

from lti_room.devlms.registrations import emulated

SECONDS = 10


@dataclass
class Sent:
    """What a page makes the browser send: method, address without query, and parameters."""

    method: str
    url: str
    fields: dict[str, str]


class _Passage(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: Sent | None = None
        self.error: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.sent = Sent("POST", given["action"], {})
        elif tag == "input" and self.sent:
            self.sent.fields[given["name"]] = given["value"]
        elif tag == "a" and given.get("id") == "go":
            parts = urlsplit(given["href"])
            self.sent = Sent("GET", given["href"].partition("?")[0], dict(parse_qsl(parts.query, True)))
        elif tag == "body":
            self.error = given.get("data-error")


@dataclass
class Passage:
    """A page between two steps: what it sends on, or the code of the refusal it shows."""

    status: int
    sent: Sent | None
    error: str | None


def read(answer: requests.Response) -> Passage:
    """Read a page as a browser would."""
    parser = _Passage()
    parser.feed(answer.text)
    return Passage(answer.status_code, parser.sent, parser.error)


class Driver:
    """One LMS, with the registration the tool has for it."""

    def __init__(self, lms_url: str, tool_url: str, key: str) -> None:
        self.lms_url = lms_url
        self.tool_url = tool_url
        self.key = key
        found: dict[str, Any] = next(r for r in emulated(lms_url, tool_url) if r["platform"] == key)
        self.registration = found
        self.issuer: str = found["issuer"]

    def get(self, path: str, **query: str) -> requests.Response:
        """GET a page below the issuer."""
        return requests.get(f"{self.issuer}{path}", params=query, timeout=SECONDS)

    def login(self, person: str = "instructor", link: str = "link1", placing: str = "frame") -> Sent:
        """Click a launcher; return the login initiation."""
        if self.key == "canvas" and placing == "frame":
            passage = read(self.get("/course", person=person, link=link))
        else:
            passage = read(self.get("/launch", person=person, link=link, placing=placing))
        assert passage.sent is not None
        return passage.sent

    def request_for(self, login: Sent, **changes: str | None) -> dict[str, str]:
        """Return the authorisation request of a correct tool, with changes (None: leave it out)."""
        parameters: dict[str, str | None] = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login.fields["client_id"],
            "redirect_uri": f"{self.tool_url}/lti/launch",
            "state": "state-1",
            "nonce": "nonce-1",
            "login_hint": login.fields["login_hint"],
            "lti_message_hint": login.fields.get("lti_message_hint"),
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def authorise(self, parameters: dict[str, str] | list[tuple[str, str]]) -> Passage:
        """Send an authorisation request."""
        url = self.registration["auth_login_url"]
        return read(requests.get(url, params=parameters, timeout=SECONDS))

    def claims(self, person: str, link: str = "link1", placing: str = "frame") -> dict[str, Any]:
        """Launch somebody; return the claims of the id_token, its signature checked against the key set."""
        passage = self.authorise(self.request_for(self.login(person, link, placing)))
        assert passage.sent is not None, passage
        token = passage.sent.fields["id_token"]
        keys = requests.get(self.registration["jwks_url"], timeout=SECONDS).json()
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(jwt.PyJWK.from_dict(key) for key in keys["keys"] if key["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
        )
        return claims
