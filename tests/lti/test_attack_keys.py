"""The attack table, rows 88 to 96: key sets and the network. Each test's name holds its row."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lti.conftest import School
from tests.support.platform import Mood, public_jwk, rsa_key
from tests.support.visitor import Reply


def enter_with_kid(school: School, kid: str) -> Reply:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    return visitor.launch(
        asked["state"], school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]), kid=kid)
    )


def test_row_088_five_launches_one_fetch(school: School) -> None:
    for _ in range(5):
        assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 1


def test_row_088_a_class_that_comes_at_once_is_one_fetch(school: School) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: school.visitor().enter(school.canvas), range(8)))
    assert {reply.status for reply in replies} == {303}
    assert school.canvas.key_fetches == 1


def test_row_089_a_hundred_junk_kids_one_fetch(school: School) -> None:
    assert school.visitor().enter(school.canvas).status == 303
    replies = [enter_with_kid(school, f"junk{n}") for n in range(100)]
    assert {(reply.status, reply.error) for reply in replies} == {(401, "kid_unknown")}
    assert school.canvas.key_fetches <= 2
    assert school.visitor().enter(school.canvas).status == 303


def test_row_090_rotated_key_works_at_once(school: School) -> None:
    assert school.visitor().enter(school.canvas).status == 303
    school.canvas.rotate("rotated")
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 2


@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.ERROR, Mood.HTML, Mood.REDIRECT])
def test_row_091_known_keys_outlive_the_platforms_trouble(school: School, mood: Mood) -> None:
    assert school.visitor().enter(school.canvas).status == 303
    school.canvas.mood = mood
    school.clock.advance(2 * 3600)
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 2
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 2, "a platform in trouble is asked once in 30 s"
    school.redis.delete(*school.redis.scan_iter("jwks-cooldown:*"))
    school.canvas.mood = Mood.WELL
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 3


@pytest.mark.parametrize(("said", "seconds"), [("max-age=60", 300), ("public, MAX-AGE=900", 900), ("", 3600)])
def test_row_091_fresh_as_long_as_the_platform_says(school: School, said: str, seconds: int) -> None:
    school.canvas.cache_control = said
    school.visitor().enter(school.canvas)
    school.clock.advance(seconds - 1)
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 1
    school.clock.advance(2)
    assert school.visitor().enter(school.canvas).status == 303
    assert school.canvas.key_fetches == 2


@pytest.mark.parametrize("mood", [Mood.HANG, Mood.DRIP])
def test_row_092_slow_platform(school: School, mood: Mood) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    school.canvas.mood = mood
    started = time.monotonic()
    reply = visitor.launch(asked["state"], token)
    assert (reply.status, reply.error) == (502, "jwks_unreachable")
    assert 4.0 < time.monotonic() - started < 6.0
    school.canvas.mood = Mood.WELL
    assert visitor.launch(asked["state"], token).status == 303


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        pytest.param(Mood.DOWN, "jwks_unreachable", id="row_092_down"),
        pytest.param(Mood.ERROR, "jwks_malformed", id="row_093_500"),
        pytest.param(Mood.HTML, "jwks_malformed", id="row_093_html"),
        pytest.param(Mood.REDIRECT, "jwks_malformed", id="row_094_redirect"),
    ],
)
def test_platform_in_trouble(school: School, mood: Mood, code: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    school.canvas.mood = mood
    reply = visitor.launch(asked["state"], token)
    assert (reply.status, reply.error) == (502, code)
    assert "SECRET" not in reply.text
    assert not list(school.redis.scan_iter("jwks:*"))
    school.canvas.mood = Mood.WELL
    assert visitor.launch(asked["state"], token).status == 303


def _keys(**members: Any) -> list[dict[str, Any]]:
    return [{**public_jwk(rsa_key("first")), "kid": "kid-first", **members}]


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([{"kty": "oct", "k": "c2VjcmV0", "kid": "kid-first"}], id="row_095_oct"),
        pytest.param(_keys(alg="HS256"), id="row_095_hs256"),
        pytest.param(_keys(use="enc"), id="row_095_enc"),
        pytest.param(_keys(d="AQAB"), id="row_095_private"),
        pytest.param([public_jwk(rsa_key("small", 1024), kid="kid-first")], id="row_095_1024"),
        pytest.param(_keys(n="!!"), id="row_095_junk"),
    ],
)
def test_keys_that_may_not_sign(school: School, keys: list[dict[str, Any]]) -> None:
    school.canvas.keys = keys
    reply = school.visitor().enter(school.canvas)
    assert (reply.status, reply.error) == (401, "key_not_allowed")


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="row_093_no_keys"),
        pytest.param({"a": 1}, id="row_093_object"),
        pytest.param([1, "x", {}], id="row_093_nothing_usable"),
        pytest.param(_keys() * 2, id="row_093_kid_twice"),
        pytest.param(_keys() + [{"kid": f"k{n}"} for n in range(100)], id="row_096_101_keys"),
        pytest.param(_keys(filler="x" * 300_000), id="row_096_300_kb"),
    ],
)
def test_unusable_key_set(school: School, keys: Any) -> None:
    school.canvas.keys = keys
    reply = school.visitor().enter(school.canvas)
    assert (reply.status, reply.error) == (502, "jwks_malformed")
    assert not list(school.redis.scan_iter("jwks:*"))


def test_row_090_a_class_that_comes_right_after_the_rotation(school: School) -> None:
    """All of them bring the new kid at once: one fetches, and nobody is turned away meanwhile."""
    assert school.visitor().enter(school.canvas).status == 303
    school.canvas.rotate("rotated")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: school.visitor().enter(school.canvas), range(16)))
    assert {reply.status for reply in replies} == {303}
    assert school.canvas.key_fetches == 2


@pytest.mark.parametrize("mood", [Mood.ERROR, Mood.HTML, Mood.HUGE])
def test_row_093_a_platform_in_trouble_is_left_alone(school: School, mood: Mood) -> None:
    """Whatever arrives: those who wait share one failure, and after the third one nobody asks for 30 s."""
    school.canvas.mood = mood
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: school.visitor().enter(school.canvas), range(40)))
    assert {(reply.status, reply.error) for reply in replies} == {(502, "jwks_malformed")}
    assert school.canvas.key_fetches == 3
    school.canvas.mood = Mood.WELL
    assert school.visitor().enter(school.canvas).status == 502
    assert 0 < school.redis.ttl(next(school.redis.scan_iter("jwks-failed:*"))) <= 30
    school.redis.delete(*school.redis.scan_iter("jwks-failed:*"))
    assert school.visitor().enter(school.canvas).status == 303


def test_row_096_two_gigabytes_are_cut_off(school: School) -> None:
    school.canvas.mood = Mood.HUGE
    started = time.monotonic()
    reply = school.visitor().enter(school.canvas)
    assert (reply.status, reply.error) == (502, "jwks_malformed")
    assert time.monotonic() - started < 5.5
    assert school.canvas.bytes_sent < 64 * 1024 * 1024


def test_row_092_a_class_at_a_platform_that_hangs(school: School) -> None:
    """Nobody waits longer than five seconds, and other platforms' launches are as quick as ever."""
    school.canvas.mood = Mood.HANG
    waited: list[float] = []

    def timed(_: int) -> Reply:
        visitor = school.visitor()
        asked = visitor.started(school.canvas)
        token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
        started = time.monotonic()
        reply = visitor.launch(asked["state"], token)
        waited.append(time.monotonic() - started)
        return reply

    with ThreadPoolExecutor(12) as pool:
        replies = pool.map(timed, range(12))
        others = [school.visitor().enter(school.moodle) for _ in range(10)]
        quick_until = time.monotonic()
        assert {(reply.status, reply.error) for reply in replies} == {(502, "jwks_unreachable")}
    assert {reply.status for reply in others} == {303}
    assert time.monotonic() - quick_until > 1, "the others were through long before"
    assert max(waited) < 6
    assert school.canvas.key_fetches == 1
