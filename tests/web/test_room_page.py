"""`GET /rooms/<id>`: the same page for everybody, 200 or 404, never a redirect."""

import json
import re
import socket

import pytest
import requests
from flask import Flask

from lti_room.base.clock import FixedClock
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.rooms.events import RoomOpened
from lti_room.rooms.stage import StageAccess
from lti_room.web import WebDeps
from tests.support import web

UNKNOWN = "r_" + "a" * 16


def policy(answer: requests.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def a_room(deps: WebDeps, **changes: object) -> RoomId:
    return deps.enter.enter(web.a_launch(**changes), {}).room


def raw_status(site: str, target: str, method: str = "GET") -> int:
    """Send a request line as it stands: clients tidy paths up."""
    host = site.removeprefix("http://")
    with socket.create_connection((host.split(":")[0], int(host.split(":")[1])), 5) as wire:
        wire.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(wire.recv(64).split()[1])


def test_it_is_the_same_for_everybody(site: str, deps: WebDeps) -> None:
    first, second = a_room(deps), a_room(deps, link=web.Link("other", "Other"), registration_id="reg2")
    pages = [requests.get(f"{site}/rooms/{room}", timeout=5) for room in (first, second)]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].content == pages[1].content
    assert "Set-Cookie" not in pages[0].headers


def test_its_boot_block_is_data_and_holds_nothing_personal(site: str, deps: WebDeps) -> None:
    page = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5).text
    block = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page)
    assert block is not None
    assert json.loads(block[1]) == {
        "build": deps.assets.build,
        "protocol": 1,
        "static": f"/static/{deps.assets.build}/",
    }
    assert len(re.findall("<script", page)) == 2
    assert "style=" not in page


def test_every_file_it_names_is_there(site: str, deps: WebDeps) -> None:
    page = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5).text
    named = re.findall(r'(?:href|src)="(/[^"]+)"', page)
    assert any(address.endswith("/js/room.js") for address in named)
    for address in named:
        assert requests.get(site + address, timeout=5).status_code == 200, address


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "shape",
    [
        "/rooms/{}",
        "/rooms/{}/",
        "//rooms/{}",
        "/rooms//{}",
        "/rooms/{}//",
        "/rooms",
        "/rooms/",
        "/rooms/./{}",
    ],
)
def test_rule_09_nothing_redirects(site: str, deps: WebDeps, shape: str, method: str) -> None:
    assert not 300 <= raw_status(site, shape.format(a_room(deps)), method) < 400


@pytest.mark.parametrize("shape", ["/rooms/{}/", "/rooms//{}", "/rooms/{}x", "/rooms/"])
def test_rule_09_another_shape_is_404(site: str, deps: WebDeps, shape: str) -> None:
    assert raw_status(site, shape.format(a_room(deps))) == 404


@pytest.mark.parametrize("target", ["/lti/launch/", "//lti/launch", "/lti//launch", "/lti/launch"])
def test_rule_09_the_launch_address_never_redirects_without_a_fragment(site: str, target: str) -> None:
    assert raw_status(site, target, "POST") >= 400


def test_rule_10_headers_of_the_page(site: str, deps: WebDeps) -> None:
    headers = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", ["/lti/login", "/lti/jwks.json", "/lti/launch", "/lti/unknown"])
def test_rule_10_no_opener_policy_on_launch_pages(site: str, address: str) -> None:
    headers = requests.get(site + address, timeout=5).headers
    assert "Cross-Origin-Opener-Policy" not in headers
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_policy_is_strict(site: str, deps: WebDeps) -> None:
    found = policy(requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5))
    assert found == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {site.replace('http', 'ws')}",
        "media-src": "'self' blob: mediastream:",
        "worker-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self' https://school.example",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_rule_15_the_socket_of_our_own_host_only(redis: Redis, clock: FixedClock) -> None:
    deps = web.web_deps(redis, web.settings(PUBLIC_URL="https://rooms.example", DEVELOPMENT="0"), clock=clock)
    client = web.create_app(deps).test_client()
    page = client.get(f"/rooms/{a_room(deps)}", base_url="https://rooms.example")
    assert "connect-src 'self' wss://rooms.example;" in page.headers["Content-Security-Policy"]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_permissions_are_our_own(site: str, deps: WebDeps) -> None:
    allowed = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5).headers["Permissions-Policy"]
    for feature in ("camera", "microphone", "display-capture", "autoplay", "fullscreen", "speaker-selection"):
        assert f"{feature}=(self)" in allowed
    assert "geolocation=()" in allowed


def test_rule_11_who_may_frame_a_room(site: str, deps: WebDeps) -> None:
    room = a_room(deps, frame_origins=("https://school.example", "https://lms.example"))
    page = requests.get(f"{site}/rooms/{room}", timeout=5)
    assert policy(page)["frame-ancestors"] == "'self' https://lms.example https://school.example"
    assert "X-Frame-Options" not in page.headers


def test_rule_11_another_rooms_origins_do_not_count(site: str, deps: WebDeps) -> None:
    a_room(deps, registration_id="b", frame_origins=("https://b.example",))
    page = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5)
    assert "b.example" not in page.headers["Content-Security-Policy"]


def test_rule_11_a_room_never_opened_from_an_lms(site: str, deps: WebDeps) -> None:
    room = RoomId("r_" + "b" * 16)
    deps.store.append(room, 0, [RoomOpened("Open day", "", StageAccess.REQUEST, 25)], 0.0)
    page = requests.get(f"{site}/rooms/{room}", timeout=5)
    assert page.status_code == 200
    assert policy(page)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("room", [UNKNOWN, "x", "r_", "R_" + "a" * 16, "r_" + "a" * 15 + "%0a", "%00", "é"])
def test_rule_11_an_unknown_room(site: str, deps: WebDeps, room: str) -> None:
    known = requests.get(f"{site}/rooms/{a_room(deps)}", timeout=5)
    page = requests.get(f"{site}/rooms/{room}", timeout=5)
    assert page.status_code == 404
    assert policy(page)["frame-ancestors"] == "'none'"
    assert page.content == known.content


def test_the_redirect_into_a_room(app: Flask, deps: WebDeps) -> None:
    from lti_room.web.room import redirect_into

    entered = deps.enter.enter(web.a_launch(cookie_proven=True), {})
    with app.test_request_context():
        answer = redirect_into(entered, deps)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/rooms/{entered.room}#{entered.ticket_text}"
    cookie = answer.headers["Set-Cookie"]
    assert entered.cookie_to_set is not None
    assert re.match(r"__Host-lr-b-[0-9a-f]{6}=[\w-]{43};", cookie)
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned", "Max-Age=43200"):
        assert part in cookie.split("; ")
    assert "Domain" not in cookie
