"""Launches inside a course page in a real browser, with every cookie setting: rows 32 to 35."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from playwright.sync_api import Page, Playwright, Request

from tests.lti.conftest import School
from tests.support import browser
from tests.support.platform import Storage, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def _course(school: School, people: str) -> str:
    return f"{school.canvas.url}/course?people={people}&tool={school.tool}"


def _open(page: Page, address: str, frames: int) -> None:
    """Open a course page and wait until its frames show rooms.

    Frames are counted by their requests: the driver sometimes misses that a frame moved to another process.
    """
    shown: list[str] = []

    def note(how: str, request: Request) -> None:
        if "/rooms/r_" in request.url and request.is_navigation_request():
            shown.append(how)

    page.on("requestfinished", partial(note, "shown"))
    page.on("requestfailed", partial(note, "refused"))
    page.goto(address)
    deadline = time.monotonic() + 15
    while len(shown) < frames and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert shown == ["shown"] * frames


def _launched(school: School) -> list[str]:
    """Return the participants' roles of all launches there were."""
    records = [school.redis.get(key) or b"" for key in school.redis.scan_iter("launch:*")]
    return sorted(record.decode().split('"role": "')[1].split('"')[0] for record in records)


@pytest.mark.parametrize(
    "third_party",
    [pytest.param(False, id="row_033_third_party_cookies_blocked"), pytest.param(True, id="row_032")],
)
def test_two_frames_side_by_side(
    school: School, driver: Playwright, stack: ExitStack, third_party: bool
) -> None:
    page = stack.enter_context(browser.launch(driver, third_party_cookies=third_party)).new_page()
    _open(page, _course(school, "instructor,student"), frames=2)
    assert _launched(school) == ["attendee", "host"]
    wait_for(lambda: not list(school.redis.scan_iter("login:*")))
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert not any(name.startswith("__Host-lr-l-") for name in cookies)
    bound = [cookie for name, cookie in cookies.items() if name.startswith("__Host-lr-b-")]
    assert bound
    assert all(cookie["sameSite"] == "None" and cookie["secure"] for cookie in bound)


def test_row_034_all_cookies_blocked_with_platform_storage(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    school.canvas.storage = Storage.HONEST
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    _open(page, _course(school, "instructor,student"), frames=2)
    assert _launched(school) == ["attendee", "host"]
    left = page.evaluate("[...kept.values()].filter((value) => value !== null).length")
    assert left == 0, "a secret is deleted once it was read"


def test_row_035_all_cookies_blocked_without_storage(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    page.goto(_course(school, "instructor"))
    offer = page.frame_locator("iframe").get_by_role("link", name="Open in a new window")
    offer.wait_for()
    address = offer.get_attribute("href")
    assert address is not None
    assert address.startswith("/lti/login?iss=")
    assert _launched(school) == []


def test_row_035_the_new_window_enters(school: School, driver: Playwright, stack: ExitStack) -> None:
    """The window's login is a new one: its cookies are those of a page of our own."""
    blocked = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    blocked.goto(_course(school, "instructor"))
    offer = blocked.frame_locator("iframe").get_by_role("link", name="Open in a new window")
    address = offer.get_attribute("href")
    window = stack.enter_context(browser.launch(driver)).new_page()
    window.goto(f"{school.tool}{address}")
    window.wait_for_url("**/rooms/r_*")
    assert _launched(school) == ["host"]


def test_row_037_storage_that_answers_wrongly_is_ignored(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    school.canvas.storage = Storage.WRONG
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    page.goto(_course(school, "instructor"))
    page.frame_locator("iframe").get_by_role("link", name="Open in a new window").wait_for()
    assert _launched(school) == []
