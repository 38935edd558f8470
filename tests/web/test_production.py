"""Production mode behind a TLS proxy: https all the way, no development doors."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import requests
from requests.adapters import HTTPAdapter

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import connect
from lti_room.base.settings import load
from lti_room.lti.launching import platform_keys
from tests.support.platform import UnrulyPlatform
from tests.support.stack import answers, free_port, wait_until
from tests.support.tls_proxy import certificate, tls_proxy

HOST = "rooms.example"


class ToTheProxy(HTTPAdapter):
    """Reaches the proxy whatever the name says, and still checks the certificate of that name."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.headers.setdefault("Host", parts.netloc)
        request.url = parts._replace(netloc=f"127.0.0.1:{self._port}").geturl()
        answer: requests.Response = super().send(request, *args, **kwargs)  # type: ignore[arg-type]
        answer.url = parts.geturl()
        return answer

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"server_hostname": HOST, "assert_hostname": HOST}
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]


@dataclass
class Production:
    """A web process in production mode, and the two ways to it."""

    platform: UnrulyPlatform
    plain_url: str
    proxy_port: int
    certificate: Path

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", ToTheProxy(self.proxy_port))
        session.trust_env = False  # a CA bundle of the machine would win over ours
        session.headers["Connection"] = "close"  # the proxy speaks up once per connection
        session.verify = str(self.certificate)
        return session


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    platform = UnrulyPlatform(SystemClock())
    entry = platform.registration(
        auth_login_url="https://lms.example/auth",
        auth_token_url="https://lms.example/token",
        jwks_url="https://lms.example/jwks",
        frame_origins=["https://lms.example"],
    )
    lines = [f"{name} = {orjson.dumps(value).decode()}" for name, value in entry.items()]
    (folder / "registrations.toml").write_text("\n".join(["[[registration]]", *lines]))
    environment = {
        "LTI_ROOM_PUBLIC_URL": f"https://{HOST}",
        "LTI_ROOM_BIND": f"127.0.0.1:{free_port()}",
        "LTI_ROOM_DATA": str(folder / "data"),
        "LTI_ROOM_TRUSTED_PROXIES": "1",
        "LTI_ROOM_REGISTRATIONS": str(folder / "registrations.toml"),
    }
    settings = load(environment)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
    process = subprocess.Popen([sys.executable, "-m", "lti_room", "web"], env={**clean, **environment})
    backend = (settings.bind.host, settings.bind.port)
    live = f"http://{settings.bind}/health/live"
    try:
        wait_until(lambda: _is_up(process, live), 30, "production answers")
        _know_keys(settings.effective_redis_url, entry["jwks_url"], platform)
        pem = certificate(folder, HOST)
        with tls_proxy(pem, backend) as port:
            yield Production(platform, f"http://{settings.bind}", port, pem)
    finally:
        process.terminate()
        process.wait(15)
        platform.close()


def _is_up(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the web process ended; its sentence is above"
    return answers(url)


def _know_keys(redis_url: str, jwks_url: str, platform: UnrulyPlatform) -> None:
    """The platform's key set as an earlier launch left it: lms.example cannot be reached from here."""
    keys = {jwk["kid"]: jwk for jwk in platform.keys}
    entry = {"keys": keys, "fresh_until": SystemClock().now() + 3600}
    connect(redis_url).set(platform_keys._name("jwks", jwks_url), orjson.dumps(entry))


def test_row_019_https_through_the_proxy_is_let_in_with_a_host_cookie(production: Production) -> None:
    browser = production.browser()
    parameters = production.platform.login_parameters(f"https://{HOST}")
    login = browser.post(f"https://{HOST}/lti/login", data=parameters, allow_redirects=False)
    assert login.status_code == 302
    cookie = login.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert attribute in cookie
    asked = {name: values[0] for name, values in parse_qs(urlsplit(login.headers["Location"]).query).items()}
    assert asked["redirect_uri"] == f"https://{HOST}/lti/launch"
    claims = production.platform.claims(f"https://{HOST}", asked["nonce"])
    form = {"state": asked["state"], "id_token": production.platform.sign(claims)}
    headers = {"Cookie": cookie.partition(";")[0]}
    launch = browser.post(f"https://{HOST}/lti/launch", data=form, headers=headers, allow_redirects=False)
    assert launch.status_code == 303
    assert launch.headers["Location"].startswith("/rooms/r_")
    assert "#" in launch.headers["Location"]
    room = browser.get(f"https://{HOST}{launch.headers['Location'].partition('#')[0]}")
    assert room.status_code == 200
    assert f"wss://{HOST}" in room.headers["Content-Security-Policy"]


def test_row_019_plain_http_is_refused_and_gets_no_cookie(production: Production) -> None:
    parameters = production.platform.login_parameters(f"https://{HOST}")
    answer = requests.post(
        f"{production.plain_url}/lti/login",
        data=parameters,
        headers={"Host": HOST},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 400
    assert 'data-error="https_required"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_row_018_another_host_is_refused(production: Production) -> None:
    answer = production.browser().get(f"https://{HOST}/lti/jwks.json", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_production_knows_no_emulated_lms(production: Production) -> None:
    browser = production.browser()
    for path in ("/devlms/", "/devlms/canvas/course", "/devlms/canvas/jwks"):
        assert browser.get(f"https://{HOST}{path}").status_code == 404
    parameters = {"iss": "http://localhost:8001/devlms/canvas", "login_hint": "1", "client_id": "x"}
    parameters["target_link_uri"] = f"https://{HOST}/lti/launch"
    answer = browser.post(f"https://{HOST}/lti/login", data=parameters, allow_redirects=False)
    assert 'data-error="platform_unknown"' in answer.text


def test_the_emulated_lmss_refuse_to_start_in_production(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
    environment = {**clean, "LTI_ROOM_PUBLIC_URL": f"https://{HOST}", "LTI_ROOM_DATA": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "lti_room", "devlms"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    assert "LTI_ROOM_DEVELOPMENT=1" in ended.stderr
