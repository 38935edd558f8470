"""No page and no log line shows a token, something fetched from elsewhere, or anything of a person.

Every attack that is sent as a message runs once more, all log lines are written as the program writes them,
and what was sent is looked for in them and in every page.
"""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from lti_room.base import log
from tests.lti import test_attack_claims, test_attack_jwt
from tests.lti.conftest import School
from tests.support.platform import ABSENT, Mood
from tests.support.visitor import Reply, Visitor

NAME, FAMILY, MAIL = "Zebedee Quillfeather", "Quillfeather", "zebedee.quill@mail.example"
SESSKEY = "https://canvas.instructure.com/courses/1?sesskey=Qx7Kp0secret"
PERSON = {
    "name": NAME,
    "family_name": FAMILY,
    "email": MAIL,
    "lti_launch_presentation": {"return_url": SESSKEY},
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the program's log says, at its most talkative."""
    root, ours = logging.getLogger(), logging.getLogger("lti_room")
    before = root.handlers[:], root.level, ours.level
    log.setup("DEBUG")
    text = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    yield text
    root.handlers[:], _, _ = before
    root.setLevel(before[1])
    ours.setLevel(before[2])


class Watched(Visitor):
    """A browser that keeps every page, and knows what must be on none."""

    pages: list[str]
    secrets: set[str]

    def ask(self, method: str, path: str, **how: Any) -> Reply:
        reply = super().ask(method, path, **how)
        self.pages.append(reply.text)
        self.secrets |= {value for value in self.cookies.values() if value}
        return reply

    def send(self, school: School, token: str, asked: dict[str, str]) -> Reply:
        """Post a message and note what of it is secret."""
        school.redis.delete("nothing", *school.redis.scan_iter("rate:*"))
        parts = token.split(".")
        self.secrets |= {asked["state"], asked["nonce"], *(part for part in parts if len(part) > 40)}
        reply = self.launch(asked["state"], token)
        if reply.status == 303:
            self.secrets.add(reply.entrance[1])
        return reply


def _watched(school: School, pages: list[str], secrets: set[str]) -> Watched:
    watched = Watched(school.tool)
    watched.pages, watched.secrets = pages, secrets
    return watched


def test_attacks_leave_no_secret_behind(school: School, written: io.StringIO) -> None:
    pages: list[str] = []
    secrets = {NAME, FAMILY, MAIL, "Qx7Kp0secret", "SECRET"}
    seen: set[str | None] = set()
    canvas = school.canvas
    changes: list[dict[str, Any]] = [{}]
    changes += [case.values[0] for case in (*test_attack_claims.UNANSWERED, *test_attack_claims.VERIFIED)]
    for one in changes:
        visitor = _watched(school, pages, secrets)
        asked = visitor.started(canvas, deployment_id=ABSENT)
        token = canvas.sign(canvas.claims(school.tool, asked["nonce"], **(PERSON | one)))
        seen.add(visitor.send(school, token, asked).error)
    for forge in (case.values[0] for case in test_attack_jwt.REFUSED):
        visitor = _watched(school, pages, secrets)
        asked = visitor.started(canvas)
        token = forge(canvas, canvas.claims(school.tool, asked["nonce"], **PERSON))
        seen.add(visitor.send(school, token, asked).error)
    for mood in (Mood.ERROR, Mood.HTML, Mood.REDIRECT, Mood.DOWN):
        school.redis.delete(*school.redis.scan_iter("jwks*"))
        canvas.mood = mood
        visitor = _watched(school, pages, secrets)
        asked = visitor.started(canvas)
        seen.add(
            visitor.send(
                school, canvas.sign(canvas.claims(school.tool, asked["nonce"], **PERSON)), asked
            ).error
        )
    visitor = _watched(school, pages, secrets)
    visitor.launch(
        visitor.started(canvas)["state"], error="login_required", error_description=f"SECRET {NAME}"
    )
    lines = [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]
    assert len(seen) > 20, "the attacks were refused for many reasons"
    assert len(lines) > len(changes), "something was logged"
    assert not {500} & {line.get("status") for line in lines}
    assert "internal_error" not in seen
    _none_of(secrets, [*pages, written.getvalue()], allowed=SESSKEY)


def _none_of(secrets: set[str], texts: list[str], *, allowed: str) -> None:
    # The way back to the course is a link on pages of verified messages, and nowhere else.
    for text in texts[:-1]:
        shown = text.replace(allowed, "")
        assert not [secret for secret in secrets if secret in shown]
    assert not [secret for secret in secrets if secret in texts[-1]]
