"""The guarded fetch against a real server: what may be called, for how long, how much."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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


@contextmanager
def _listener(requests: list[tuple[str, str, dict[str, str], bytes]]) -> Iterator[str]:
    """A server that notes what it is sent and answers with two Link headers, in chunks."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((self.command, self.path, dict(self.headers), body))
            self.send_response(201)
            self.send_header("Link", "<one>; rel=a")
            self.send_header("Link", "<two>; rel=b")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nmade \r\n2\r\nup\r\n0\r\n\r\n")

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_is_sent_with_its_headers(method: str) -> None:
    requests: list[tuple[str, str, dict[str, str], bytes]] = []
    with _listener(requests) as url:
        answer = GuardedHttp(development=True).send(
            method,
            f"{url}/a/b?c=%20d",
            headers={"Authorization": "Bearer abc", "Content-Type": "application/json"},
            body=b'{"a": 1}',
        )
    assert (answer.status, answer.body) == (201, b"made up")
    assert answer.headers["link"] == "<one>; rel=a, <two>; rel=b"
    [(seen, path, headers, body)] = requests
    assert (seen, path, body) == (method, "/a/b?c=%20d", b'{"a": 1}')
    assert headers["Authorization"] == "Bearer abc"
    assert headers["Content-Length"] == "8"
    assert headers["Host"] == url.removeprefix("http://")


def test_a_request_without_body_names_no_length() -> None:
    requests: list[tuple[str, str, dict[str, str], bytes]] = []
    with _listener(requests) as url:
        GuardedHttp(development=True).send("DELETE", url, headers={})
    [(method, path, headers, _)] = requests
    assert (method, path) == ("DELETE", "/")
    assert "Content-Length" not in headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "a\r\nX: y"),
        ("Accept", "a\nX: y"),
        ("X\r\nY", "z"),
        ("A b", "c"),
        ("Host", "elsewhere"),
        ("A", "é"),
    ],
)
def test_headers_that_would_change_the_request(name: str, value: str) -> None:
    requests: list[tuple[str, str, dict[str, str], bytes]] = []
    with _listener(requests) as url, pytest.raises(FetchFailed, match="header not allowed"):
        GuardedHttp(development=True).send("GET", url, headers={name: value})
    assert requests == []


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
