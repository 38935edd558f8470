"""A browser without a screen: keeps cookies as one does, follows nothing by itself."""

import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.support.platform import UnrulyPlatform

_ERROR = re.compile(r'<body[^>]*\bdata-error="([a-z_]+)"')
_ENTRANCE = re.compile(r"/rooms/(r_[a-z2-9]{16})#(\S+)")


@dataclass(frozen=True)
class Reply:
    """An answer of the tool."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def error(self) -> str | None:
        """The code in `data-error` of the page's body."""
        found = _ERROR.search(self.text)
        return found[1] if found else None

    @property
    def location(self) -> str:
        """Where it redirects to."""
        return self.headers["location"]

    @property
    def parameters(self) -> dict[str, str]:
        """The query of the address it redirects to, every name once."""
        query = parse_qs(urlsplit(self.location).query, strict_parsing=True)
        assert all(len(values) == 1 for values in query.values())
        return {name: values[0] for name, values in query.items()}

    @property
    def entrance(self) -> tuple[str, str]:
        """Room and ticket of an accepted launch."""
        found = _ENTRANCE.fullmatch(self.location) if self.status == 303 else None
        assert found, f"not accepted: {self.status} {self.error}"
        return found[1], found[2]


@dataclass
class Visitor:
    """One person's browser at one tool."""

    tool: str
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **how: Any) -> Reply:
        """Send one request and take the cookies it answers with."""
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Accept": "text/html"} | ({"Cookie": jar} if jar else {}) | (headers or {})
        answer = requests.request(
            method, self.tool + path, headers=sent, allow_redirects=False, timeout=20, **how
        )
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self._keep(line)
        return Reply(answer.status_code, {n.lower(): v for n, v in answer.headers.items()}, answer.text)

    def login(self, platform: UnrulyPlatform, method: str = "POST", **changes: Any) -> Reply:
        """Start a login as the platform's page would."""
        parameters = platform.login_parameters(self.tool, **changes)
        how = {"params": parameters} if method == "GET" else {"data": parameters}
        return self.ask(method, "/lti/login", **how)

    def started(self, platform: UnrulyPlatform, **changes: Any) -> dict[str, str]:
        """Start a login and return what the platform is asked: `state`, `nonce` and the rest."""
        reply = self.login(platform, **changes)
        assert reply.status == 302, (reply.status, reply.error)
        return reply.parameters

    def launch(self, state: str, id_token: str | None = None, **more: Any) -> Reply:
        """Post the platform's answer."""
        fields = {"state": state} | ({} if id_token is None else {"id_token": id_token}) | more
        return self.ask("POST", "/lti/launch", data=fields)

    def enter(self, platform: UnrulyPlatform, person: str = "instructor", **changes: Any) -> Reply:
        """Log in and launch with a message of the platform."""
        asked = self.started(platform)
        return self.launch(
            asked["state"], platform.sign(platform.claims(self.tool, asked["nonce"], person, **changes))
        )

    def boot(self, reply: Reply) -> dict[str, Any]:
        """Open the room of an accepted launch and return what the page is told."""
        _, ticket = reply.entrance
        answer = requests.get(
            f"{self.tool}/api/boot",
            headers={
                "Authorization": f"Bearer {ticket}",
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            },
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def _keep(self, line: str) -> None:
        for name, cookie in SimpleCookie(re.sub(r";\s*Partitioned", "", line)).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
