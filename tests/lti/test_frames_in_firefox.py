"""Launches inside a course page in Firefox, which partitions cookies by itself: rows 32 to 35, rule 12."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.lti.conftest import School
from tests.lti.test_frames import course, launched
from tests.support.platform import Storage

FIREFOX: Final = shutil.which("firefox") or shutil.which("firefox-esr")

pytestmark = [pytest.mark.firefox, pytest.mark.skipif(FIREFOX is None, reason="no Firefox here")]

ALL_COOKIES_BLOCKED: Final = 2
"""`network.cookie.cookieBehavior`; Firefox's own default is 5, a partition for each site."""


@contextmanager
def _firefox(driver: Playwright, behaviour: int | None = None) -> Iterator[BrowserContext]:
    preferences: dict[str, str | float | bool] = {"network.proxy.type": 0}
    if behaviour is not None:
        preferences["network.cookie.cookieBehavior"] = behaviour
    started = driver.firefox.launch(
        channel="moz-firefox", executable_path=FIREFOX, headless=True, firefox_user_prefs=preferences
    )
    try:
        yield started.new_context()
    finally:
        started.close()


def _until(page: Page, look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not look():
        assert time.monotonic() < deadline, f"not in time: {what}"
        page.wait_for_timeout(50)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def test_row_032_two_frames_side_by_side(school: School, driver: Playwright, stack: ExitStack) -> None:
    page = stack.enter_context(_firefox(driver)).new_page()
    page.goto(course(school, "instructor,student"))
    _until(page, lambda: launched(school) == ["attendee", "host"], "two launches")
    _until(page, lambda: len([one for one in page.frames if "/rooms/r_" in one.url]) == 2, "two rooms")


def test_row_034_all_cookies_blocked_with_platform_storage(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    school.canvas.storage = Storage.HONEST
    page = stack.enter_context(_firefox(driver, ALL_COOKIES_BLOCKED)).new_page()
    page.goto(course(school, "student"))
    _until(page, lambda: launched(school) == ["attendee"], "a launch by platform storage")


def test_row_035_all_cookies_blocked_without_storage(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    """A window is offered; it cannot keep cookies either, says so, and opens no further one."""
    page = stack.enter_context(_firefox(driver, ALL_COOKIES_BLOCKED)).new_page()
    page.goto(course(school, "instructor"))
    offer = page.frame_locator("iframe").get_by_role("link", name="Open in a new window")
    offer.wait_for()
    address = offer.get_attribute("href")
    window = page.context.new_page()
    window.goto(f"{school.tool}{address}")
    window.locator('body[data-error="cookies_blocked"]').wait_for()
    assert window.get_by_role("heading", name="Allow cookies for the room").is_visible()
    assert not launched(school)


def test_rule_12_a_portal_that_is_not_allowed_is_named(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    page = stack.enter_context(_firefox(driver)).new_page()
    page.goto(f"{school.sakai.url}/portal?{urlencode({'address': course(school, 'instructor')})}")
    if not page.evaluate("'ancestorOrigins' in window.location"):
        pytest.skip("this Firefox does not say what is around a frame")
    inner = page.frame_locator("iframe").frame_locator("iframe")
    inner.locator('body[data-error="frame_not_allowed"]').wait_for()
    assert school.sakai.url in inner.locator("main").inner_text()
