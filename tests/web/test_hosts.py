"""Only our own address, only over https (attack table rows 18 and 19), and never a redirect."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_room.base.redis_client import Redis
from tests.support import web


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    settings = web.settings(PUBLIC_URL="https://rooms.example", DEVELOPMENT="0", TRUSTED_PROXIES="1")
    return web.create_app(web.web_deps(redis, settings)).test_client()


def get(client: FlaskClient, address: str = "/api/boot", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(address, headers={"Accept": "application/json", **named})


def code(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["code"])


def test_through_the_proxy(client: FlaskClient) -> None:
    answer = get(client, Host="10.0.0.5:8000", X_Forwarded_Proto="https", X_Forwarded_Host="rooms.example")
    assert code(answer) == "ticket_invalid"


@pytest.mark.parametrize("host", ["rooms.example", "ROOMS.EXAMPLE", "rooms.example:443"])
def test_our_own_name(client: FlaskClient, host: str) -> None:
    assert code(get(client, Host=host, X_Forwarded_Proto="https")) == "ticket_invalid"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "rooms.example.evil.example",
        "rooms.example:8443",
        "rooms.example@evil.example",
        "rooms.example/",
        "[::1",
        "localhost",
        "127.0.0.1",
    ],
)
def test_row_18_another_host(client: FlaskClient, host: str) -> None:
    answer = get(client, Host=host, X_Forwarded_Proto="https")
    assert (answer.status_code, code(answer)) == (400, "bad_host")


@pytest.mark.parametrize("address", ["/api/boot", "/lti/login", "/rooms/r_aaaaaaaaaaaaaaaa", "/"])
def test_row_19_without_https(client: FlaskClient, address: str) -> None:
    answer = get(client, address, Host="rooms.example")
    assert (answer.status_code, code(answer)) == (400, "https_required")
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers


def test_only_as_many_proxies_as_are_set_are_believed(client: FlaskClient) -> None:
    answer = get(client, Host="rooms.example", X_Forwarded_Proto="https, http")
    assert code(answer) == "https_required"


def test_without_a_proxy_nobody_may_claim_https(redis: Redis) -> None:
    settings = web.settings(PUBLIC_URL="https://rooms.example", DEVELOPMENT="0")
    client = web.create_app(web.web_deps(redis, settings)).test_client()
    answer = get(client, Host="rooms.example", X_Forwarded_Proto="https")
    assert code(answer) == "https_required"


def test_the_machine_itself_may_ask_how_we_are(client: FlaskClient) -> None:
    for address in ("/health/live", "/health/ready"):
        assert get(client, address, Host="127.0.0.1:8000").status_code == 200
