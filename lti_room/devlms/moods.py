"""Services that misbehave on demand: `POST /devlms/<lms>/mood` with `service` and `mood`.

A tool must live with every one of them; nothing else in the emulated LMSs is unkind.
"""

import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from flask import Blueprint, Response, abort, request

from lti_room.devlms.access import AccessTokens

_SECONDS: Final = 30
_FLOOD: Final = 2 * 1024**3
_CHUNK: Final = bytes(65_536)


class Service(StrEnum):
    """What can have a mood."""

    TOKEN = "token"  # noqa: S105 - the name of a service
    NAMES_ROLES = "names_roles"
    GRADES = "grades"


class Mood(StrEnum):
    """How a service behaves."""

    WELL = "well"
    HANG = "hang"
    DRIP = "drip"
    FLOOD = "flood"
    ERROR = "error"
    HTML = "html"
    EMPTY = "empty"
    FORGETFUL = "forgetful"
    """Well, but the tokens given out so far are gone: 401 once."""
    UNAUTHORISED = "unauthorised"
    LIMITED = "limited"
    FORBIDDEN = "forbidden"
    ENDLESS = "endless"
    ROUND = "round"
    FOREIGN = "foreign"
    CROWD = "crowd"
    """Well, and five hundred people more."""


class Moods:
    """The moods of one LMS's services, and how often each was asked."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens
        self._moods: dict[Service, Mood] = {}
        self.asked = dict.fromkeys(Service, 0)
        self._ends = threading.Event()

    def set(self, service: Service, mood: Mood) -> None:
        """Change how a service behaves from now on."""
        self._moods[service] = mood

    def reset(self) -> None:
        """Be well again, and count from the start."""
        self._moods.clear()
        self.asked = dict.fromkeys(Service, 0)

    def of(self, service: Service) -> Mood:
        """Return how a service behaves."""
        return self._moods.get(service, Mood.WELL)

    def answer(self, service: Service) -> Response | None:
        """Count a request; return the answer to it if the mood alone decides it."""
        self.asked[service] += 1
        mood = self.of(service)
        if mood is Mood.FORGETFUL:
            self._tokens.forget()
            self.set(service, Mood.WELL)
        if mood is Mood.HANG:
            self._ends.wait(_SECONDS)
        return _answers().get(mood)

    def next_link(self, service: Service, address: str) -> str | None:
        """Return the header of a next page that leads nowhere good, if the mood is one."""
        count = self.asked[service]
        wrong = {
            Mood.ENDLESS: f"{address}{'&' if '?' in address else '?'}again={count}",
            Mood.ROUND: address,
            Mood.FOREIGN: "https://elsewhere.example/members?page=2",
        }.get(self.of(service))
        return f'<{wrong}>; rel="next"' if wrong else None


def mood_page(pages: Blueprint, moods: Moods) -> None:
    """Let tests and curious people change a mood."""

    @pages.post("/mood")
    def mood() -> tuple[str, int]:
        try:
            moods.set(Service(request.form["service"]), Mood(request.form["mood"]))
        except ValueError:
            abort(400)
        return "", 204


def _answers() -> dict[Mood, Response]:
    secret = b'{"error": "SECRET-OF-THE-LMS"}'
    return {
        Mood.HANG: Response(secret, 200),
        Mood.DRIP: Response(_dripping(secret * 20), 200, {"Content-Length": str(len(secret) * 20)}),
        Mood.FLOOD: Response(_flooding(), 200, {"Content-Length": str(_FLOOD)}),
        Mood.ERROR: Response(secret, 500, content_type="application/json"),
        Mood.HTML: Response("<h1>SECRET-OF-THE-LMS</h1>", 200, content_type="text/html"),
        Mood.EMPTY: Response("{}", 200, content_type="application/json"),
        Mood.UNAUTHORISED: Response(secret, 401, content_type="application/json"),
        Mood.LIMITED: Response(secret, 429, {"Retry-After": "7"}),
        Mood.FORBIDDEN: Response(secret, 403, content_type="application/json"),
    }


def _dripping(body: bytes) -> Iterator[bytes]:
    for byte in body:
        threading.Event().wait(0.2)
        yield bytes([byte])


def _flooding() -> Iterator[bytes]:
    for _ in range(_FLOOD // len(_CHUNK)):
        yield _CHUNK
