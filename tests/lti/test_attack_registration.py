"""Dynamic registration against hostile and broken platforms: rows 114 to 121 of the attack table."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.entry import from_mapping, to_mapping
from lti_room.lti.registrations.registration import Registration, RegistrationStatus, registration_id
from lti_room.lti.registrations.stored import Registrations
from lti_room.usecases.administering.registration_invitations import InvitationTerms
from lti_room.web import WebDeps
from tests.support.registering_platform import ABSENT, TOOL, RegisteringPlatform, registering
from tests.support.stack import free_port
from tests.support.web import create_app, serving, settings, web_deps

TRUSTED = InvitationTerms(trusted=True)
SPEC = "https://purl.imsglobal.org/spec/lti-platform-configuration"


@dataclass
class Tool:
    """The running tool. `headers` are what a proxy in front of it sends."""

    url: str
    deps: WebDeps
    headers: dict[str, str]

    def invitation(self, terms: InvitationTerms = TRUSTED, note: str = "Example school") -> str:
        return self.deps.administration.invite(note, by="anna", terms=terms)

    def get(self, **parameters: str) -> requests.Response:
        return requests.get(f"{self.url}/lti/register", params=parameters, headers=self.headers, timeout=20)

    def post(self, **fields: str) -> requests.Response:
        return requests.post(f"{self.url}/lti/register", data=fields, headers=self.headers, timeout=20)

    def register(self, url: str, code: str = "", **more: str) -> requests.Response:
        code = code or self.invitation()
        return self.post(invitation=code, openid_configuration=url, **more)

    def found(self, issuer: str, client_id: str = "FAKEclient") -> Registration | None:
        return self.deps.registrations.find(registration_id(issuer, client_id))


def error(answer: requests.Response) -> str:
    found = re.search(r'data-error="([^"]+)"', answer.text)
    return found[1] if found else ""


@pytest.fixture
def tool(redis: Redis) -> Iterator[Tool]:
    """A tool in development, which may call this machine."""
    port = free_port()
    chosen = settings(PUBLIC_URL=f"http://127.0.0.1:{port}", BIND=f"127.0.0.1:{port}")
    deps = web_deps(redis, chosen)
    deps = web_deps(redis, chosen, registrations=Registrations(redis, deps.clock, development=True))
    with serving(create_app(deps), port) as url:
        yield Tool(url, deps, {})


@pytest.fixture
def strict(redis: Redis) -> Iterator[Tool]:
    """A tool as schools run it, behind a proxy that speaks https."""
    chosen = settings(PUBLIC_URL="https://rooms.example", DEVELOPMENT="0", TRUSTED_PROXIES="1")
    with serving(create_app(web_deps(redis, chosen))) as url:
        yield Tool(
            url, web_deps(redis, chosen), {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "rooms.example"}
        )


@pytest.fixture(scope="module")
def running_lms() -> Iterator[RegisteringPlatform]:
    with registering() as platform:
        yield platform


@pytest.fixture
def lms(running_lms: RegisteringPlatform) -> RegisteringPlatform:
    """A Moodle that registers tools."""
    running_lms.become("moodle")
    return running_lms


def test_row_114_without_an_invitation(tool: Tool, lms: RegisteringPlatform) -> None:
    for code in ({}, {"invitation": ""}, {"invitation": "guessed"}):
        for answer in (
            tool.get(openid_configuration=lms.configuration_url, **code),
            tool.post(openid_configuration=lms.configuration_url, **code),
        ):
            assert (answer.status_code, error(answer)) == (403, "invitation_invalid")
    assert not lms.asked


def test_row_114_without_a_configuration(tool: Tool) -> None:
    code = tool.invitation()
    shown = tool.get(invitation=code)
    assert (shown.status_code, error(shown)) == (400, "registration_incomplete")
    assert f"{tool.url}/lti/register?invitation={code}" in shown.text
    answer = tool.post(invitation=code)
    assert (answer.status_code, error(answer)) == (400, "registration_incomplete")
    assert tool.deps.invitations.look(code)


def test_row_114_an_invitation_works_once(tool: Tool, lms: RegisteringPlatform) -> None:
    code = tool.invitation()
    assert tool.register(lms.configuration_url, code).status_code == 200
    lms.reply = {"client_id": "another"}
    again = tool.register(lms.configuration_url, code)
    assert (again.status_code, error(again)) == (403, "invitation_invalid")
    assert tool.found(lms.url, "another") is None


def test_row_114_of_several_at_once_one_registers(tool: Tool, lms: RegisteringPlatform) -> None:
    code = tool.invitation()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: tool.register(lms.configuration_url, code).status_code, range(6)))
    assert sorted(answers) == [200, 403, 403, 403, 403, 403]
    assert len([one for one in lms.asked if one[0] == "POST"]) == 1


def test_opening_the_address_changes_nothing(tool: Tool, lms: RegisteringPlatform) -> None:
    code = tool.invitation()
    for _ in range(3):
        shown = tool.get(
            invitation=code, openid_configuration=lms.configuration_url, registration_token="FAKEtoken"
        )
        assert shown.status_code == 200
    assert {method for method, _, _ in lms.asked} == {"GET"}
    assert not tool.deps.registrations.all()
    assert tool.deps.invitations.look(code)


NOT_ALLOWED = [
    "http://lms.example/config",
    "https://localhost/config",
    "https://127.0.0.1/config",
    "https://127.8.8.8/config",
    "https://10.1.2.3/config",
    "https://192.168.1.1/config",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/config",
    "https://[::ffff:127.0.0.1]/config",
    "https://[::ffff:10.0.0.1]/config",
    "https://[64:ff9b::7f00:1]/config",
    "https://[fe80::1]/config",
    "https://100.64.0.1/config",
    "https://0.0.0.0/config",
    "https://2130706433/config",
    "https://0x7f.1/config",
    "https://user@lms.example/config",
    "file:///etc/passwd",
    "gopher://lms.example/1",
    "javascript:alert(1)",
    "//lms.example/config",
    "https://lms.example/con fig",
    "https://lms.example/\r\nX: y",
    "https://" + "x" * 9000,
]


@pytest.mark.parametrize("url", NOT_ALLOWED, ids=lambda url: f"row_115_{url[:32]!r}")
def test_row_115_an_address_that_must_not_be_called(strict: Tool, url: str) -> None:
    code = strict.invitation()
    for answer in (strict.get(invitation=code, openid_configuration=url), strict.register(url, code)):
        assert (answer.status_code, error(answer)) == (400, "url_not_allowed")
    assert strict.deps.invitations.look(code)


def test_row_115_private_addresses_only_where_the_invitation_says_so(strict: Tool) -> None:
    url = "https://10.255.255.1:9/config"
    refused = strict.register(url)
    assert (refused.status_code, error(refused)) == (400, "url_not_allowed")
    loopback = strict.register("https://127.0.0.1/", strict.invitation(InvitationTerms(private_network=True)))
    assert (loopback.status_code, error(loopback)) == (400, "url_not_allowed")


def test_row_116_rebinding_is_refused_at_the_connection(
    strict: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    connected: list[str] = []
    resolve, connect = socket.getaddrinfo, socket.create_connection

    def two_faced(host: Any, *more: Any, **named: Any) -> Any:
        if host != "rebind.example":
            return resolve(host, *more, **named)
        asked.append(host)
        address = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    def noted(address: Any, *more: Any, **named: Any) -> socket.socket:
        if address[1] != 443:
            return connect(address, *more, **named)
        connected.append(address[0])
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", two_faced)
    monkeypatch.setattr(socket, "create_connection", noted)
    answer = strict.register("https://rebind.example/config")
    assert (answer.status_code, error(answer)) == (502, "platform_unreachable")
    assert connected == ["93.184.215.14"]
    answer = strict.register("https://rebind.example/config")
    assert (answer.status_code, error(answer)) == (400, "url_not_allowed")
    assert connected == ["93.184.215.14"]


OTHER_HOST = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"]


@pytest.mark.parametrize("member", OTHER_HOST)
def test_row_117_addresses_of_different_hosts_wait_for_approval(
    tool: Tool, lms: RegisteringPlatform, member: str
) -> None:
    # The same server under another name.
    other = lms.url.replace("localhost", "127.0.0.1")
    lms.become("moodle", **{member: f"{other}/{member}"})
    shown = tool.get(invitation=tool.invitation(), openid_configuration=lms.configuration_url)
    assert "different hosts" in shown.text
    answer = tool.register(lms.configuration_url)
    assert answer.status_code == 202
    [found] = tool.deps.registrations.all()
    assert found.status is RegistrationStatus.PENDING
    [entry] = [one for one in tool.deps.audit.latest(9) if one.what == "registration_added"]
    assert "look twice" in entry.details["how"]


def test_row_117_an_issuer_beside_the_configurations_path(tool: Tool, lms: RegisteringPlatform) -> None:
    lms.become("moodle", issuer=f"{lms.url}/other-tenant")
    assert tool.register(lms.configuration_url).status_code == 202


def test_row_117_hosted_canvas_vouches_for_its_schools() -> None:
    from lti_room.lti.registrations.platform_configuration import read_configuration
    from tests.support.platform import PEOPLE

    body = (PEOPLE / "canvas" / "openid_configuration.json").read_bytes()
    school = "https://school.instructure.com"
    good = body.replace(b"https://school.canvas.example", school.encode())

    def is_of_one_piece(body: bytes, url: str) -> bool:
        return read_configuration(body, url, development=False).is_of_one_piece()

    assert is_of_one_piece(good, f"{school}/api/lti/security/openid-configuration")
    assert not is_of_one_piece(good, "https://evil.example/api/lti/security/openid-configuration")
    assert not is_of_one_piece(good, "https://evilinstructure.com/api")
    assert not is_of_one_piece(body, f"{school}/api/lti/security/openid-configuration")
    stolen = good.replace(b"https://sso.canvaslms.com/api/lti/security/jwks", b"https://evil.example/jwks")
    assert not is_of_one_piece(stolen, f"{school}/api")


def test_row_118_a_known_registration_is_never_overwritten(tool: Tool, lms: RegisteringPlatform) -> None:
    theirs = from_mapping(
        {
            "name": "School of the victim",
            "issuer": "https://canvas.instructure.com",
            "client_id": "10000000000123",
            "auth_login_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
            "auth_token_url": "https://sso.canvaslms.com/login/oauth2/token",
            "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
        }
    )
    tool.deps.registrations.insert(theirs)
    lms.become("canvas", issuer="https://canvas.instructure.com")
    lms.reply = {"client_id": "10000000000123"}
    answer = tool.register(lms.configuration_url)
    assert (answer.status_code, error(answer)) == (409, "already_registered")
    found = tool.found("https://canvas.instructure.com", "10000000000123")
    assert found is not None
    assert to_mapping(found) == to_mapping(theirs)


BAD_ADDRESSES = [
    "javascript:alert(1)",
    "https://user:secret@lms.example/x",
    "https://lms.example/x#fragment",
    "ftp://lms.example/x",
    "http://lms.example/x",
    "https://lms.example/x y",
    "https://lms.example/ü",
]


@pytest.mark.parametrize("member", OTHER_HOST)
@pytest.mark.parametrize("value", BAD_ADDRESSES)
def test_row_119_an_endpoint_that_is_a_trick(
    tool: Tool, lms: RegisteringPlatform, member: str, value: str
) -> None:
    lms.become("moodle", **{member: value})
    answer = tool.register(lms.configuration_url)
    assert (answer.status_code, error(answer)) == (400, "url_not_allowed")
    assert "POST" not in {method for method, _, _ in lms.asked}
    assert value not in answer.text


UNSUITABLE = {
    "id_token_signing_alg_values_supported": ["HS256"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
    "response_types_supported": ["code"],
    SPEC: {"product_family_code": "x", "messages_supported": [{"type": "LtiDeepLinkingRequest"}]},
}


@pytest.mark.parametrize("member", UNSUITABLE)
@pytest.mark.parametrize("gone", [False, True])
def test_row_120_a_platform_that_cannot_do_lti_1_3(
    tool: Tool, lms: RegisteringPlatform, member: str, gone: bool
) -> None:
    lms.become("moodle", **{member: ABSENT if gone else UNSUITABLE[member]})
    answer = tool.register(lms.configuration_url)
    expected = (502, "platform_malformed") if gone and member == SPEC else (422, "platform_unsuitable")
    assert (answer.status_code, error(answer)) == expected
    assert not tool.deps.registrations.all()


def test_row_121_canvas_names_no_deployment(tool: Tool, lms: RegisteringPlatform) -> None:
    lms.become("canvas")
    answer = tool.register(lms.configuration_url)
    assert answer.status_code == 200
    found = tool.found(lms.url)
    assert found is not None
    assert (found.status, found.deployments) == (RegistrationStatus.ACTIVE, frozenset())
    assert "held once more" in answer.text


@pytest.mark.parametrize(
    "reply",
    [
        b"", b"[]", b"<h1>SECRET</h1>", b'{"client_id": 7}', b'{"client_id": ""}', b'{"client_id": " x "}',
        b'{"client_id": "' + b"x" * 300 + b'"}', b'{"client_id": "\\u0000"}', b"[" * 100_000,
    ],
    ids=lambda reply: repr(reply[:20]),
)  # fmt: skip
def test_a_reply_that_is_no_registration(tool: Tool, lms: RegisteringPlatform, reply: bytes) -> None:
    lms.reply = reply
    code = tool.invitation()
    answer = tool.register(lms.configuration_url, code)
    assert (answer.status_code, error(answer)) == (502, "platform_malformed")
    assert "SECRET" not in answer.text
    assert tool.deps.invitations.look(code)


@pytest.mark.parametrize("body", [b"", b"[]", b"<h1>SECRET</h1>", b"null", b"{", b"[" * 100_000])
def test_a_configuration_that_is_none(tool: Tool, lms: RegisteringPlatform, body: bytes) -> None:
    lms.configuration = body
    answer = tool.get(invitation=tool.invitation(), openid_configuration=lms.configuration_url)
    assert (answer.status_code, error(answer)) == (502, "platform_malformed")
    assert "SECRET" not in answer.text


def test_a_platform_that_declines(tool: Tool, lms: RegisteringPlatform) -> None:
    lms.status, lms.reply = 403, {"error": "SECRET"}
    answer = tool.register(lms.configuration_url)
    assert (answer.status_code, error(answer)) == (502, "registration_declined")
    assert "SECRET" not in answer.text


def test_without_trust_it_waits_for_approval(tool: Tool, lms: RegisteringPlatform) -> None:
    answer = tool.register(lms.configuration_url, tool.invitation(InvitationTerms()))
    assert answer.status_code == 202
    found = tool.found(lms.url)
    assert found is not None
    assert (found.status, found.name, found.deployments) == (
        RegistrationStatus.PENDING,
        "Example school",
        {"3"},
    )
    tool.deps.administration.approve(found.id, by="anna")
    approved = tool.found(lms.url)
    assert approved is not None
    assert approved.status is RegistrationStatus.ACTIVE


def test_the_token_goes_to_the_lms_and_nowhere_else(
    tool: Tool, lms: RegisteringPlatform, redis: Redis
) -> None:
    answer = tool.register(lms.configuration_url, registration_token="FAKEtoken")
    assert lms.tokens == {"Bearer FAKEtoken"}
    assert "FAKEtoken" not in answer.text
    assert not any(b"FAKEtoken" in (redis.dump(key) or b"") for key in redis.scan_iter())


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "ü", "x" * 9000])
def test_a_token_that_is_a_trick(tool: Tool, lms: RegisteringPlatform, token: str) -> None:
    answer = tool.register(lms.configuration_url, registration_token=token)
    assert answer.status_code in {400, 502}
    assert not lms.asked


def test_parameters_given_twice(tool: Tool, lms: RegisteringPlatform) -> None:
    code = tool.invitation()
    answer = requests.get(
        f"{tool.url}/lti/register",
        params=[("invitation", code), ("invitation", code), ("openid_configuration", lms.configuration_url)],
        timeout=20,
    )
    assert (answer.status_code, error(answer)) == (400, "registration_incomplete")


def test_what_an_lms_says_about_itself_is_escaped(tool: Tool, lms: RegisteringPlatform) -> None:
    lms.become("moodle")
    assert isinstance(lms.configuration, dict)
    lms.configuration[SPEC]["version"] = "<script>alert(1)</script>"
    shown = tool.get(invitation=tool.invitation(), openid_configuration=lms.configuration_url)
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;" in shown.text


def test_row_122_a_page_that_works_in_any_lms_frame_without_cookies(
    tool: Tool, lms: RegisteringPlatform
) -> None:
    code = tool.invitation()
    shown = tool.get(invitation=code, openid_configuration=lms.configuration_url)
    done = tool.register(lms.configuration_url, code)
    for answer in (shown, done):
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors *" in policy
        assert "script-src 'self';" in policy
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert "data-close" in done.text


def test_deployment_of_a_reply_is_known(tool: Tool, lms: RegisteringPlatform) -> None:
    lms.reply = {"client_id": "c", TOOL: {"deployment_id": ["3"]}}
    assert tool.register(lms.configuration_url).status_code == 200
    found = tool.found(lms.url, "c")
    assert found is not None
    assert found.deployments == frozenset()
