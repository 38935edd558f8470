"""Our keys: published before use, kept until what they signed is dead (Security Framework 1.0, 6.3)."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.lti.tool_keys import CACHE_SECONDS, ToolKeys
from tests.support.web import settings

DAY = 86_400


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def keys(redis: Redis, clock: FixedClock) -> ToolKeys:
    return ToolKeys(redis, clock, settings(TOOL_KEY_DAYS="7"))


def kids(keys: ToolKeys) -> list[str]:
    return [key["kid"] for key in keys.jwks()["keys"]]


def signer(keys: ToolKeys) -> str:
    return str(jwt.get_unverified_header(keys.sign({}))["kid"])


def verified(token: str, key_set: dict[str, Any]) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token)["kid"]
    found = next(key for key in key_set["keys"] if key["kid"] == kid)
    claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(found), algorithms=["RS256"], audience="https://lms")
    return claims


def test_a_token_is_verified_with_the_published_set(keys: ToolKeys) -> None:
    token = keys.sign({"aud": "https://lms", "sub": "10000"})
    assert verified(token, keys.jwks()) == {"aud": "https://lms", "sub": "10000"}
    assert jwt.get_unverified_header(token)["typ"] == "JWT"


def test_nothing_private_is_published(keys: ToolKeys) -> None:
    keys.rotate()
    for key in keys.jwks()["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


def test_a_new_key_is_published_before_it_signs(keys: ToolKeys, clock: FixedClock) -> None:
    old = signer(keys)
    new = keys.rotate()
    assert kids(keys) == [old, new]
    clock.advance(CACHE_SECONDS - 1)
    assert signer(keys) == old
    clock.advance(1)
    assert signer(keys) == new
    assert kids(keys) == [new, old]


def test_the_old_key_stays_until_what_it_signed_is_dead(keys: ToolKeys, clock: FixedClock) -> None:
    old = signer(keys)
    new = keys.rotate()
    clock.advance(CACHE_SECONDS + 7 * DAY - 1)
    assert kids(keys) == [new, old]
    clock.advance(1)
    assert kids(keys) == [new]


def test_rotating_often_drops_no_key_that_is_needed(keys: ToolKeys, clock: FixedClock) -> None:
    made = [signer(keys)]
    for _ in range(3):
        made.append(keys.rotate())
        clock.advance(CACHE_SECONDS)
    assert set(kids(keys)) == set(made)
    assert signer(keys) == made[-1]
    clock.advance(7 * DAY)
    last = keys.rotate()
    assert set(kids(keys)) == {made[-1], last}


def test_processes_that_start_at_once_share_one_key(redis: Redis, clock: FixedClock) -> None:
    with ThreadPoolExecutor(4) as pool:
        several = pool.map(lambda _: kids(ToolKeys(redis, clock, settings())), range(4))
    assert len({tuple(one) for one in several}) == 1


def test_a_pair_of_version_0_1_keeps_working(redis: Redis, keys: ToolKeys) -> None:
    old = signer(keys)
    [stored] = json.loads(redis.get("keys:tool") or b"")
    redis.set("keys:tool", json.dumps({"current": stored["pem"]}))
    assert kids(keys) == [old]
    new = keys.rotate()
    assert kids(keys) == [old, new]
