"""The guarded fetch against a real server: what may be called, for how long, how much."""

import time
from collections.abc import Iterator

import pytest

from lti_room.base.clock import FixedClock
from lti_room.lti.http import FetchFailed, GuardedHttp, is_allowed
from tests.support.platform import Mood, UnrulyPlatform, running


@pytest.fixture
def platform() -> Iterator[UnrulyPlatform]:
    with running(UnrulyPlatform(FixedClock())) as made:
        yield made


def _keys(platform: UnrulyPlatform) -> str:
    return str(platform.registration()["jwks_url"])


def test_a_document_is_fetched(platform: UnrulyPlatform) -> None:
    platform.cache_control = "max-age=77"
    answer = GuardedHttp(development=True).get(_keys(platform))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "max-age=77"
    assert b'"keys"' in answer.body


def test_redirects_are_not_followed(platform: UnrulyPlatform) -> None:
    platform.mood = Mood.REDIRECT
    assert GuardedHttp(development=True).get(_keys(platform)).status == 302
    assert platform.key_fetches == 1


@pytest.mark.parametrize("mood", [Mood.HANG, Mood.DRIP])
def test_the_time_limit_is_for_the_whole(platform: UnrulyPlatform, mood: Mood) -> None:
    platform.mood = mood
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="time is up"):
        GuardedHttp(development=True).get(_keys(platform), seconds=0.7)
    assert 0.6 < time.monotonic() - started < 1.5


def test_no_more_bytes_than_asked_for(platform: UnrulyPlatform) -> None:
    with pytest.raises(FetchFailed, match="too large"):
        GuardedHttp(development=True).get(_keys(platform), most=100)


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/keys",
        "https://127.0.0.1/keys",
        "https://localhost/keys",
        "https://10.0.0.1/keys",
        "https://169.254.169.254/latest",
        "https://[::1]/keys",
        "https://[::ffff:127.0.0.1]/keys",
        "https://[64:ff9b::7f00:1]/keys",
        "https://[2002:7f00:1::]/keys",
        "https://100.64.0.1/keys",
        "https://2130706433/keys",
        "https://0.0.0.0/keys",
        "https://224.0.0.1/keys",
        "https://user@lms.example/keys",
        "https://lms.example:99999/keys",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https:///keys",
    ],
)
def test_addresses_production_does_not_call(url: str) -> None:
    with pytest.raises(FetchFailed, match=r"not allowed|name not found"):
        GuardedHttp(development=False).get(url, seconds=2)


def test_a_name_with_one_bad_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS answers are vetted and then called by number: a second answer cannot change them."""
    asked: list[str] = []

    def lookup(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr("lti_room.lti.http.socket.getaddrinfo", lookup)
    with pytest.raises(FetchFailed, match="address not allowed"):
        GuardedHttp(development=False).get("https://rebinding.example/keys")
    assert asked == ["rebinding.example"]


@pytest.mark.parametrize(
    ("address", "private", "loopback", "allowed"),
    [
        ("93.184.216.34", False, False, True),
        ("2606:2800:220:1::1", False, False, True),
        ("10.1.2.3", False, False, False),
        ("10.1.2.3", True, False, True),
        ("fd00::1", True, False, True),
        ("127.0.0.1", True, False, False),
        ("127.0.0.1", True, True, True),
        ("169.254.169.254", True, True, False),
        ("fe80::1%eth0", True, True, False),
        ("0.0.0.0", True, True, False),
    ],
)
def test_allowed_addresses(address: str, private: bool, loopback: bool, allowed: bool) -> None:
    assert is_allowed(address, private=private, loopback=loopback) is allowed
