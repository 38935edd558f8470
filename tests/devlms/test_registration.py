"""The emulated LMSs register tools as strictly as the real ones."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.devlms.registration import Registrations
from lti_room.lti.registrations.platform_configuration import read_configuration
from lti_room.lti.registrations.tool_configuration import TOOL_CONFIGURATION, ToolConfiguration
from tests.devlms.driver import SECONDS, Driver

CANVAS_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class Admin:
    """An LMS admin who registers the tool."""

    def __init__(self, lms: Driver) -> None:
        self.lms = lms
        self.tool = ToolConfiguration(lms.tool_url, f"{lms.tool_url}/icon.svg")

    def start(self) -> tuple[str, str]:
        """Open the registration; return configuration address and token of the frame's address."""
        page = self.lms.get("/admin/register", url=f"{self.lms.tool_url}/lti/register?invitation=x").text
        address = page.partition('src="http://127')[2].partition('"')[0].replace("&amp;", "&")
        query = parse_qs(urlsplit("http://127" + address).query)
        assert query["invitation"] == ["x"]
        return query["openid_configuration"][0], query["registration_token"][0]

    def asked(self, url: str) -> dict[str, Any]:
        """Return what the tool would ask for."""
        body = requests.get(url, timeout=SECONDS).content
        return self.tool.registration_request(read_configuration(body, url, development=True))

    def post(self, asked: object, token: str, **headers: str) -> requests.Response:
        endpoint = self.lms.issuer + Registrations.HABITS[self.lms.key].registration_path
        sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
        return requests.post(endpoint, data=json.dumps(asked), headers=sent, timeout=SECONDS)


@pytest.fixture
def admin(lms: Driver) -> Admin:
    return Admin(lms)


def test_what_the_tool_asks_for_is_taken(admin: Admin) -> None:
    url, token = admin.start()
    answer = admin.post(admin.asked(url), token)
    assert answer.status_code == 200
    reply = answer.json()
    assert reply["client_id"] != admin.lms.registration["client_id"]
    assert ("deployment_id" in reply[TOOL_CONFIGURATION]) == (admin.lms.key != "canvas")
    assert reply["client_id"] in admin.lms.get("/admin").text


def test_the_configuration_names_addresses_below_the_issuer(admin: Admin) -> None:
    url, _ = admin.start()
    platform = read_configuration(requests.get(url, timeout=SECONDS).content, url, development=True)
    assert platform.issuer == admin.lms.issuer
    assert platform.platform == admin.lms.key
    assert platform.is_of_one_piece()


def test_a_token_works_once_and_for_an_hour(admin: Admin, clock: FixedClock) -> None:
    url, token = admin.start()
    asked = admin.asked(url)
    assert admin.post(asked, token).status_code == 200
    assert admin.post(asked, token).status_code == 401
    _, late = admin.start()
    clock.advance(3601)
    assert admin.post(asked, late).status_code == 401
    assert admin.post(asked, "guessed").status_code == 401


def test_canvas_guards_its_configuration(canvas: Driver) -> None:
    url, _ = Admin(canvas).start()
    assert requests.get(url, timeout=SECONDS).status_code == 200
    assert requests.get(url.partition("?")[0], timeout=SECONDS).status_code == 401


@pytest.mark.parametrize(
    "member", ["initiate_login_uri", "jwks_uri", "redirect_uris", "client_name", TOOL_CONFIGURATION]
)
def test_what_is_missing_is_refused(admin: Admin, member: str) -> None:
    url, token = admin.start()
    asked = admin.asked(url)
    del asked[member]
    assert admin.post(asked, token).status_code == 400


REFUSED = [
    ("moodle", {"response_types": ["code"]}, {}),
    ("moodle", {"token_endpoint_auth_method": "client_secret_basic"}, {}),
    ("moodle", {}, {"domain": "elsewhere.example"}),
    ("moodle", {}, {"domain": ""}),
    ("canvas", {"application_type": "native"}, {}),
    ("canvas", {"grant_types": ["implicit"]}, {}),
    ("canvas", {"scope": "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"}, {}),
    ("canvas", {}, {"claims": ["sub", "telephone"]}),
    ("canvas", {}, {"messages": []}),
    ("canvas", {}, {"messages": [{"type": "LtiDeepLinkingRequest", "placements": ["course_navigation"]}]}),
]


@pytest.mark.parametrize(("kind", "changes", "tool"), REFUSED)
def test_what_this_lms_does_not_take(
    lms_url: str, tool_url: str, kind: str, changes: dict[str, Any], tool: dict[str, Any]
) -> None:
    admin = Admin(Driver(lms_url, tool_url, kind))
    url, token = admin.start()
    asked = admin.asked(url) | changes
    asked[TOOL_CONFIGURATION] = asked[TOOL_CONFIGURATION] | tool
    assert admin.post(asked, token).status_code == 400


def test_a_form_is_not_a_registration(admin: Admin) -> None:
    url, token = admin.start()
    answer = admin.post(admin.asked(url), token, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415


def test_only_the_rooms_own_address_can_be_registered(admin: Admin) -> None:
    page = admin.lms.get("/admin/register", url="https://evil.example/register")
    assert "<iframe" not in page.text
    assert "can be registered here" in page.text


def test_nothing_is_launched_before_the_tool_is_activated(admin: Admin) -> None:
    url, token = admin.start()
    client = admin.post(admin.asked(url), token).json()["client_id"]
    login = admin.lms.login()
    refused = admin.lms.authorise(admin.lms.request_for(login, client_id=client))
    assert refused.sent is None or "error" in refused.sent.fields
