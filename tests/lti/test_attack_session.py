"""The attack table, rows 40, 97 and 123 to 129: after the launch, between tenants, and what errors may say.

A launch's proof here is its ticket (the table speaks of a `launch_id`): see `usecases/README.md`.
"""

import base64
import json
from typing import Any

import pytest
import requests

from lti_room.base.redis_client import connect
from lti_room.lti.tool import LtiTool
from lti_room.usecases.people import participant_id
from tests.lti.conftest import School
from tests.support.platform import CLAIM, UnrulyPlatform
from tests.support.visitor import Reply, Visitor
from tests.support.web import create_app, serving, settings, web_deps


def _boot(school: School, ticket: str, visitor: Visitor | None = None) -> requests.Response:
    cookies = "; ".join(f"{n}={v}" for n, v in visitor.cookies.items()) if visitor else ""
    headers = {"Authorization": f"Bearer {ticket}", **({"Cookie": cookies} if cookies else {})}
    return requests.get(f"{school.tool}/api/boot", headers=headers, timeout=5)


def test_row_040_reload_after_the_launch(school: School) -> None:
    visitor = school.visitor()
    reply = visitor.enter(school.canvas)
    room, _ = reply.entrance
    told = visitor.boot(reply)
    for _ in range(2):
        assert visitor.ask("GET", f"/rooms/{room}").status == 200
        again = _boot(school, told["ticket"], visitor)
        assert again.status_code == 200
        assert again.json()["participant"] == told["participant"]


def test_row_097_redis_is_away(school: School) -> None:
    """Nobody gets in, not even past a limit that cannot be counted; the page says to try again."""
    away = connect("unix:///nowhere/redis.sock")
    chosen = settings(PUBLIC_URL=school.tool)
    tool = LtiTool(redis=away, clock=school.clock, settings=chosen, registrations=school.registrations)
    with serving(create_app(web_deps(away, chosen, clock=school.clock, lti=tool))) as address:
        visitor = Visitor(address)
        ours = {"Host": school.tool.removeprefix("http://")}
        parameters = school.canvas.login_parameters(school.tool)
        login = visitor.ask("POST", "/lti/login", data=parameters, headers=ours)
        fields = {"state": "state-00000000-0000-4000-8000-000000000000", "id_token": "a.b.c"}
        launch = visitor.ask("POST", "/lti/launch", data=fields, headers=ours)
    for reply in (login, launch):
        assert (reply.status, reply.error) == (503, "store_unavailable")
        assert reply.headers["retry-after"]
        assert "Try again" in reply.text
    assert not visitor.cookies


def _forged(told: dict[str, Any], **changes: Any) -> str:
    header, body, signature = told["ticket"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | changes
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{other}.{signature}"


def test_row_123_a_guessed_or_foreign_ticket(school: School) -> None:
    victim, thief = school.visitor(), school.visitor()
    mine, told = victim.enter(school.canvas), thief.boot(thief.enter(school.canvas, "student"))
    launch = next(school.redis.scan_iter("launch:l_*")).decode()
    guesses = [
        "",
        "x",
        "keys:ticket",
        "../keys:tool",
        launch,
        launch.removeprefix("launch:"),
        _forged(told, role="host"),
        _forged(told, launch="keys:ticket"),
        "eyJhbGciOiJub25lIn0.e30.",
    ]
    for guess in guesses:
        answer = _boot(school, guess, thief)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "ticket_invalid"), guess
    assert _boot(school, mine.entrance[1], thief).status_code == 401, "bound to the victim's browser"
    assert victim.boot(mine)["participant"]["role"] == "host"
    for room in ("r_aaaaaaaaaaaaaaaa", "keys:tool", "..%2Fkeys", "launch:" + launch):
        assert school.visitor().ask("GET", f"/rooms/{room}").status == 404


def test_row_124_somebody_who_was_shut_out(school: School) -> None:
    visitor = school.visitor()
    reply = visitor.enter(school.canvas, "student")
    told = visitor.boot(reply)
    registration = school.registration_id(school.canvas)
    who = participant_id(registration, school.canvas.claims("", "", "student")["sub"])
    school.deps.admin.blocks.block(registration, who, by="test")
    refused = visitor.enter(school.canvas, "student")
    assert (refused.status, refused.error) == (403, "user_suspended")
    assert _boot(school, told["ticket"], visitor).status_code == 401, "nor do the pages stay that were open"
    assert visitor.enter(school.canvas).status == 303, "nobody else is"
    school.deps.admin.blocks.unblock(registration, who, by="test")
    assert visitor.enter(school.canvas, "student").status == 303


def _person(school: School, platform: UnrulyPlatform, **claims: Any) -> dict[str, Any]:
    visitor = school.visitor()
    told: dict[str, Any] = visitor.boot(visitor.enter(platform, "student", **claims))["participant"]
    return told


def test_row_125_one_mail_address_at_two_registrations(school: School) -> None:
    mail = {"email": "alex@mail.example", "name": "Alex"}
    one = _person(school, school.canvas, sub="a-1", **mail)
    two = _person(school, school.moodle, sub="b-2", **mail)
    assert one["id"] != two["id"]


def test_row_126_one_sub_at_two_registrations(school: School) -> None:
    one = _person(school, school.canvas, sub="4", name="One", email="one@mail.example")
    two = _person(school, school.moodle, sub="4", name="Two", email="two@mail.example")
    assert one["id"] != two["id"]
    assert _person(school, school.canvas, sub="4", name="One", email="one@mail.example") == one


def test_row_127_somebody_else_launches_in_the_same_browser(school: School) -> None:
    """Each page stays who it is; nothing of the browser says who somebody is."""
    visitor = school.visitor()
    first = visitor.boot(visitor.enter(school.canvas, "student"))
    second = visitor.boot(visitor.enter(school.canvas, "instructor"))
    assert first["participant"]["id"] != second["participant"]["id"]
    for told in (first, second, first):
        assert _boot(school, told["ticket"], visitor).json()["participant"] == told["participant"]
    stranger = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    answer = requests.get(f"{school.tool}/api/boot", headers={"Cookie": stranger}, timeout=5)
    assert answer.status_code == 401


def _ancestors(reply: Reply) -> set[str]:
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    return set(policy["frame-ancestors"].split())


def test_row_128_framed_by_a_foreign_site(school: School) -> None:
    visitor = school.visitor()
    room, _ = visitor.enter(school.canvas).entrance
    allowed = _ancestors(visitor.ask("GET", f"/rooms/{room}"))
    assert {"'self'", school.canvas.url, "https://canvas.instructure.com"} <= allowed
    assert not {"*", "https:", "http:"} & allowed
    assert not any("evil" in origin or school.sakai.url == origin for origin in allowed)
    unknown = visitor.ask("GET", "/rooms/r_aaaaaaaaaaaaaaaa")
    assert _ancestors(unknown) == {"'none'"}


def test_row_129_an_error_page_says_nothing_of_the_cause(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))

    def fail(*_: object) -> None:
        raise RuntimeError(f"SECRET {token}")

    monkeypatch.setattr(type(school.deps.enter), "enter", fail)
    reply = visitor.launch(asked["state"], token)
    assert (reply.status, reply.error) == (500, "internal_error")
    for secret in ("SECRET", "RuntimeError", "Traceback", token, asked["nonce"], CLAIM):
        assert secret not in reply.text
