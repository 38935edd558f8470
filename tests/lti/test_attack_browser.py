"""The attack table, rows 20 to 39: state, replay, browser. Each test's name holds its row."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lti_room.lti.launching.login_store import cookie_name
from tests.lti.conftest import School
from tests.support.platform import UnrulyPlatform
from tests.support.visitor import Reply, Visitor

FRAMED = {"Sec-Fetch-Dest": "iframe"}


def message(visitor: Visitor, platform: UnrulyPlatform, nonce: str, **changes: object) -> str:
    return platform.sign(platform.claims(visitor.tool, nonce, **changes))


def seen(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply.error


def test_row_020_launch_by_get(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = message(visitor, school.canvas, asked["nonce"])
    reply = visitor.ask("GET", "/lti/launch", params={"state": asked["state"], "id_token": token})
    assert reply.status == 405
    assert visitor.launch(asked["state"], token).status == 303


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("", id="row_021_none"),
        pytest.param("../keys:tool", id="row_022_path"),
        pytest.param("state-1\n2", id="row_022_newline"),
        pytest.param("*", id="row_022_pattern"),
        pytest.param("state-" + "0" * 36, id="row_022_shape"),
    ],
)
def test_bad_state(school: School, state: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    reply = visitor.launch(state, message(visitor, school.canvas, asked["nonce"]))
    assert seen(reply) == (400, "bad_state")


def test_row_023_state_never_issued(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    state = "state-00000000-0000-4000-8000-000000000000"
    reply = visitor.launch(state, message(visitor, school.canvas, asked["nonce"]))
    assert seen(reply) == (401, "state_unknown_or_used")


def test_row_024_state_lives_ten_minutes(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    key = f"login:{asked['state']}"
    assert 0 < school.redis.ttl(key) <= 600
    school.redis.pexpire(key, 0)
    reply = visitor.launch(asked["state"], message(visitor, school.canvas, asked["nonce"]))
    assert seen(reply) == (401, "state_unknown_or_used")


def test_row_025_same_post_twice(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    kept = dict(visitor.cookies)
    token = message(visitor, school.canvas, asked["nonce"])
    first = visitor.launch(asked["state"], token)
    assert first.status == 303
    visitor.cookies |= kept
    assert seen(visitor.launch(asked["state"], token)) == (401, "state_unknown_or_used")
    assert visitor.boot(first)


def test_row_026_twelve_at_once(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = message(visitor, school.canvas, asked["nonce"])
    twins = [Visitor(school.tool, dict(visitor.cookies)) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda twin: twin.launch(asked["state"], token), twins))
    assert sorted(reply.status for reply in replies) == [303] + [401] * 11
    assert {reply.error for reply in replies} == {None, "state_unknown_or_used"}


def test_row_027_stolen_by_another_browser(school: School) -> None:
    victim, thief = school.visitor(), school.visitor()
    asked = victim.started(school.canvas)
    thief.started(school.canvas)
    token = message(victim, school.canvas, asked["nonce"])
    assert seen(thief.launch(asked["state"], token)) == (401, "browser_not_proven")
    assert seen(school.visitor().launch(asked["state"], token)) == (401, "browser_not_proven")
    assert victim.launch(asked["state"], token).status == 303


def test_row_028_planted_cookie(school: School) -> None:
    victim, thief = school.visitor(), school.visitor()
    asked = victim.started(school.canvas)
    token = message(victim, school.canvas, asked["nonce"])
    for name in (cookie_name(asked["state"]), asked["state"], f"lti1p3-{asked['state']}"):
        thief.cookies = {name: asked["state"]}
        assert seen(thief.launch(asked["state"], token)) == (401, "browser_not_proven")
    assert victim.launch(asked["state"], token).status == 303


def test_row_028_cookie_of_another_login(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    other = school.visitor()
    own = cookie_name(other.started(school.canvas)["state"])
    thief = Visitor(school.tool, {cookie_name(asked["state"]): other.cookies[own]})
    reply = thief.launch(asked["state"], message(visitor, school.canvas, asked["nonce"]))
    assert seen(reply) == (401, "browser_not_proven")


def test_row_029_nonce_of_another_login(school: School) -> None:
    visitor = school.visitor()
    asked, other = visitor.started(school.canvas), visitor.started(school.canvas)
    token = message(visitor, school.canvas, other["nonce"])
    assert seen(visitor.launch(asked["state"], token)) == (401, "nonce_mismatch")
    assert visitor.launch(other["state"], token).status == 303
    assert visitor.launch(asked["state"], message(visitor, school.canvas, asked["nonce"])).status == 303


def test_row_030_login_at_one_platform_token_of_another(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    foreign = message(visitor, school.sakai, asked["nonce"])
    assert seen(visitor.launch(asked["state"], foreign)) == (401, "iss_mismatch")
    assert visitor.launch(asked["state"], message(visitor, school.canvas, asked["nonce"])).status == 303


def test_row_031_login_of_one_client_token_of_another(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.first)
    foreign = message(visitor, school.second, asked["nonce"])
    assert seen(visitor.launch(asked["state"], foreign)) == (401, "aud_mismatch")
    assert visitor.launch(asked["state"], message(visitor, school.first, asked["nonce"])).status == 303


def test_row_032_two_frames_in_one_browser(school: School) -> None:
    visitor = school.visitor()
    one, two = visitor.started(school.canvas), visitor.started(school.canvas)
    student = school.canvas.sign(school.canvas.claims(school.tool, two["nonce"], "student"))
    second = visitor.launch(two["state"], student)
    first = visitor.launch(one["state"], message(visitor, school.canvas, one["nonce"]))
    assert visitor.boot(first)["participant"]["role"] == "host"
    assert visitor.boot(second)["participant"]["role"] == "attendee"


def test_row_033_the_cookie_works_in_a_partition(school: School) -> None:
    reply = school.visitor().login(school.canvas)
    name, *attributes = reply.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/", "Max-Age=600"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)


def test_login_cookie_is_gone_after_the_launch(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    assert cookie_name(asked["state"]) in visitor.cookies
    visitor.launch(asked["state"], message(visitor, school.canvas, asked["nonce"]))
    assert cookie_name(asked["state"]) not in visitor.cookies


def test_row_035_a_frame_without_cookies_offers_a_window(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = message(visitor, school.canvas, asked["nonce"])
    fields = {"state": asked["state"], "id_token": token}
    blocked = Visitor(school.tool).ask("POST", "/lti/launch", data=fields, headers=FRAMED)
    assert (blocked.status, blocked.error) == (200, "cookies_blocked")
    assert "Open in a new window" in blocked.text
    assert visitor.launch(asked["state"], token).status == 303


def test_row_036_wrong_storage_secret(school: School) -> None:
    visitor = school.visitor()
    login = school.canvas.login_parameters(school.tool, lti_storage_target="_parent")
    page = visitor.ask("POST", "/lti/login", data=login, headers=FRAMED)
    assert page.status == 200
    state = page.text.split('data-storage-key="')[1].split('"')[0]
    secret = page.text.split('data-storage-secret="')[1].split('"')[0]
    nonce = page.text.split("nonce=")[1].split("&")[0]
    token = message(visitor, school.canvas, nonce)
    stranger = Visitor(school.tool)
    for wrong in ("x" * 43, "", state):
        reply = stranger.ask(
            "POST",
            "/lti/launch",
            data={"state": state, "id_token": token, "ps_secret": wrong},
            headers=FRAMED,
        )
        assert seen(reply) == (401, "browser_not_proven")
    accepted = stranger.launch(state, token, ps_secret=secret)
    assert accepted.status == 303
    assert stranger.boot(accepted)["participant"]["role"] == "host"
    assert seen(stranger.launch(state, token, ps_secret=secret)) == (401, "state_unknown_or_used")


def test_row_038_the_platform_declines(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    declined = school.visitor().launch(asked["state"], error="login_required")
    assert seen(declined) == (401, "platform_error")
    assert school.redis.exists(f"login:{asked['state']}"), "a stranger must not end somebody's login"
    reply = visitor.launch(asked["state"], error="launch_no_longer_valid", error_description="<b>x</b>")
    assert seen(reply) == (401, "platform_error")
    assert "<b>" not in reply.text
    token = message(visitor, school.canvas, asked["nonce"])
    assert seen(visitor.launch(asked["state"], token)) == (401, "state_unknown_or_used")


def test_row_039_no_id_token(school: School) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    assert seen(visitor.launch(asked["state"])) == (400, "id_token_missing")
    assert visitor.launch(asked["state"], message(visitor, school.canvas, asked["nonce"])).status == 303
