"""Where the emulated LMSs run, what their pages hold, and how they keep their keys."""

import re
import stat
from pathlib import Path

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.devlms.app import create_app
from lti_room.devlms.persons import PEOPLE, recorded
from lti_room.devlms.registrations import DevLmsRefused, emulated
from lti_room.devlms.signing import signing_key
from tests.devlms.driver import SECONDS, Driver

LMSS = ("canvas", "moodle", "sakai")


@pytest.mark.parametrize(
    ("base_url", "tool_url", "code"),
    [
        ("http://localhost:1", "https://rooms.school.example", "devlms_not_local"),
        ("https://lms.school.example", "http://127.0.0.1:2", "devlms_not_local"),
        ("http://localhost:1", "http://8.8.8.8", "devlms_not_local"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", "devlms_same_host"),
    ],
)
def test_refuses_where_it_could_do_harm(tmp_path: Path, base_url: str, tool_url: str, code: str) -> None:
    with pytest.raises(DevLmsRefused) as refused:
        create_app(base_url=base_url, tool_url=tool_url, data=tmp_path, clock=FixedClock())
    assert refused.value.code == code
    with pytest.raises(DevLmsRefused):
        emulated(base_url, tool_url)
    assert not list(tmp_path.iterdir())


def test_another_host_name_is_refused(lms_url: str) -> None:
    answer = requests.get(f"{lms_url}/devlms/", headers={"Host": "evil.example"}, timeout=SECONDS)
    assert answer.status_code == 400


def test_registrations_have_the_shape_of_the_toml_file(lms_url: str, tool_url: str) -> None:
    found = emulated(lms_url, tool_url)
    assert [one["platform"] for one in found] == list(LMSS)
    for one in found:
        assert one.keys() == {
            "name", "platform", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url",
            "deployments", "frame_origins",
        }  # fmt: skip
        assert one["issuer"] == f"{lms_url}/devlms/{one['platform']}"
        assert one["frame_origins"] == [lms_url]


def test_keys_are_private_and_survive_a_restart(tmp_path: Path) -> None:
    first = signing_key(tmp_path / "devlms", "canvas")
    path = tmp_path / "devlms" / "canvas.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing_key(tmp_path / "devlms", "canvas").jwks() == first.jwks()
    assert signing_key(tmp_path / "devlms", "moodle").kid != first.kid
    assert sorted(one.name for one in path.parent.iterdir()) == ["canvas.pem", "moodle.pem"]


def test_each_lms_has_its_own_key(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    sets = [
        requests.get(lms.registration["jwks_url"], timeout=SECONDS).json() for lms in (canvas, moodle, sakai)
    ]
    assert len({one["keys"][0]["n"] for one in sets}) == 3
    for one in sets:
        assert "d" not in one["keys"][0]


def test_every_launcher_is_on_the_start_page(lms_url: str) -> None:
    page = requests.get(f"{lms_url}/devlms/", timeout=SECONDS).text
    found = re.findall(r'data-launch="([^"]+)"', page)
    assert sorted(found) == sorted(
        f"{lms}/{person}/{link}/{placing}"
        for lms in LMSS
        for person in PEOPLE
        for link in ("link1", "link2")
        for placing in ("frame", "window")
    )


def test_each_row_says_the_recorded_role(lms_url: str) -> None:
    page = requests.get(f"{lms_url}/devlms/", timeout=SECONDS).text
    cards = page.split("<section")[1:]
    for lms, card in zip(LMSS, cards, strict=True):
        for key, person in PEOPLE.items():
            kind = "manager" if (lms, key) == ("moodle", "designer") else person.kind
            role = recorded(lms, "expected")[f"{kind}.json"]["role"]
            assert f'{key} · <span class="role">enters as {role}<' in card


def test_frame_has_the_real_attributes(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    allow = {
        "canvas": "geolocation *; microphone *; camera *; midi *; encrypted-media *; autoplay *; "
        "clipboard-write *; display-capture *",
        "moodle": "microphone {0}; camera {0}; geolocation {0}; midi {0}; encrypted-media {0}; autoplay {0}",
        "sakai": "autoplay *;fullscreen *;encrypted-media *;camera 'self';microphone 'self';"
        "local-network-access *",
    }
    for lms in (canvas, moodle, sakai):
        page = lms.get("/course", person="ta", link="link1").text.replace("&#39;", "'")
        assert f'allow="{allow[lms.key].format(lms.tool_url)}"' in page
    assert 'name="post_message_forwarding"' in canvas.get("/course", person="ta", link="link1").text
    assert 'id="contentframe"' in moodle.get("/course", person="ta", link="link1").text


def test_return_address_leads_back(lms: Driver) -> None:
    claims = lms.claims("ta")
    address = claims["https://purl.imsglobal.org/spec/lti/claim/launch_presentation"]["return_url"]
    answer = requests.get(address, timeout=SECONDS)
    assert answer.status_code == 200
    assert "Back in Biology 101" in answer.text


def test_pages_run_nothing_inline(lms: Driver, lms_url: str) -> None:
    pages = [
        requests.get(f"{lms_url}/devlms/", timeout=SECONDS),
        lms.get("/course", person="ta", link="link1"),
        lms.get("/launch", person="ta", link="link1"),
    ]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon[a-z]+=", page.text)
        assert page.headers["Cache-Control"] == "no-store"
