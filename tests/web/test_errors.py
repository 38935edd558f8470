"""Every error is one page for people and one JSON object for programs."""

import logging
import re

import pytest
import requests
from flask import Flask

from lti_room.base.errors import AppError
from lti_room.base.redis_client import connect
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.web import WebDeps
from tests.support import web
from tests.support.stack import free_port


def data_error(page: requests.Response) -> str:
    found = re.search(r'<body class="plain" data-error="([a-z_]+)">', page.text)
    return found[1] if found else ""


def raising(app: Flask, error: Exception, address: str = "/boom") -> None:
    def view() -> str:
        raise error

    app.add_url_rule(address, address, view)


def test_nothing_there(site: str) -> None:
    page = requests.get(f"{site}/nothing", timeout=5)
    assert (page.status_code, data_error(page)) == (404, "not_found")
    assert page.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_another_method(site: str) -> None:
    page = requests.get(f"{site}/lti/launch", timeout=5)
    assert (page.status_code, data_error(page)) == (405, "method_not_allowed")
    assert "POST" in page.headers["Allow"]


def test_json_for_who_asks_for_it(site: str) -> None:
    answer = requests.get(f"{site}/nothing", headers={"Accept": "application/json"}, timeout=5)
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["message"]


def test_a_browser_gets_a_page(site: str) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = requests.get(f"{site}/nothing", headers={"Accept": accept}, timeout=5)
    assert page.headers["Content-Type"].startswith("text/html")


def test_an_unexpected_error_is_logged_and_not_shown(
    app: Flask, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    raising(app, RuntimeError("the secret is 4711"))
    site = request.getfixturevalue("site")
    with caplog.at_level(logging.ERROR, "lti_room"):
        page = requests.get(f"{site}/boom", timeout=5)
    assert (page.status_code, data_error(page)) == (500, "internal_error")
    assert "4711" not in page.text
    assert "Traceback" not in page.text
    reference = re.search(r"<code>([A-Z0-9]{4}-[A-Z0-9]{2})</code>", page.text)
    assert reference is not None
    record = next(r for r in caplog.records if r.name == "lti_room.web.errors")
    assert record.__dict__["reference"] == reference[1]
    assert record.exc_info is not None
    assert "Try again" in page.text


def test_the_three_lines(app: Flask, request: pytest.FixtureRequest) -> None:
    raising(app, AppError("ticket_expired", "Go back."))
    page = requests.get(f"{request.getfixturevalue('site')}/boom", timeout=5)
    assert page.status_code == 401
    assert "<dt>Code</dt><dd><code>ticket_expired</code></dd>" in page.text
    assert "<dt>Reference</dt>" in page.text
    assert "2027-01-15 08:00:00 UTC" in page.text
    assert "give these three lines to your support desk" in page.text
    assert "Back to the course" not in page.text


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://school.example/course?a=1&b=2", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        (None, False),
    ],
)
def test_back_to_the_course(
    app: Flask, request: pytest.FixtureRequest, address: str | None, linked: bool
) -> None:
    error = LaunchError(LaunchErrorCode.ROLES_MISSING)
    error.return_url = address
    raising(app, error)
    page = requests.get(f"{request.getfixturevalue('site')}/boom", timeout=5)
    assert page.status_code == 401
    assert ("Back to the course" in page.text) is linked
    assert ('href="https://school.example/course?a=1&amp;b=2&amp;lti_errormsg=' in page.text) is linked
    assert ("lti_errorlog=roles_missing+" in page.text) is linked
    assert "evil" not in page.text


@pytest.mark.parametrize("code", list(LaunchErrorCode))
def test_every_launch_error_has_its_status_and_no_jargon(
    app: Flask, deps: WebDeps, code: LaunchErrorCode
) -> None:
    raising(app, LaunchError(code))
    page = app.test_client().get("/boom", base_url=deps.settings.public_url)
    assert page.status_code == LaunchError(code).status
    title = re.search("<h1>(.*?)</h1>", page.text)
    assert title is not None
    assert not re.search(r"\b(LTI|token|JWT|error|user)\b", title[1])
    assert f'data-error="{code}"' in page.text


def test_a_page_never_repeats_a_message(app: Flask, request: pytest.FixtureRequest) -> None:
    raising(app, AppError("x", "<script>alert(1)</script>"))
    page = requests.get(f"{request.getfixturevalue('site')}/boom", timeout=5)
    assert "<script>alert" not in page.text


def test_a_launch_error_is_readable_inside_the_course_page(site: str) -> None:
    page = requests.post(f"{site}/lti/launch", data={}, timeout=5)
    assert page.status_code == 400
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "form-action 'none'" in page.headers["Content-Security-Policy"]


def test_an_error_does_not_inherit_what_its_page_was_allowed(
    app: Flask, request: pytest.FixtureRequest
) -> None:
    from lti_room.web import security

    def view() -> str:
        security.allow(connect_src="*")
        security.allow_frames(("https://a.example",))
        raise AppError("x", "No.")

    app.add_url_rule("/boom", "boom", view)
    page = requests.get(f"{request.getfixturevalue('site')}/boom", timeout=5)
    assert "a.example" not in page.headers["Content-Security-Policy"]
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]


def test_too_much_at_once(site: str) -> None:
    page = requests.post(f"{site}/lti/launch", data={"id_token": "x" * 800_000}, timeout=5)
    assert (page.status_code, data_error(page)) == (413, "request_too_large")


def test_without_redis_nothing_opens_and_everybody_is_told_to_try_again() -> None:
    port = free_port()
    gone = connect(f"redis://127.0.0.1:{free_port()}")
    deps = web.web_deps(gone, web.settings(PUBLIC_URL=f"http://127.0.0.1:{port}"))
    with web.serving(web.create_app(deps), port) as site:
        page = requests.get(f"{site}/rooms/r_{'a' * 16}", timeout=5)
        assert (page.status_code, data_error(page)) == (503, "store_unavailable")
        assert page.headers["Retry-After"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        answer = requests.get(f"{site}/api/boot", headers={"Authorization": "Bearer a.b.c"}, timeout=5)
        assert answer.status_code in {401, 503}
        assert requests.get(f"{site}/health/live", timeout=5).status_code == 200
        assert requests.get(f"{site}/health/ready", timeout=5).status_code == 503
    gone.close()
