"""Launches inside a course page in a real browser, with every cookie setting: rows 32 to 35."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Playwright, Request

from lti_room.base.redis_client import text
from tests.lti.conftest import School
from tests.support import browser
from tests.support.platform import Storage, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def course(school: School, people: str) -> str:
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


def _offer(page: Page) -> Locator:
    return page.frame_locator("iframe").get_by_role("link", name="Open in a new window")


def _click(page: Page, link: Locator) -> None:
    """Click as a person does: a script's click would count as one in every window."""
    box = link.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def launched(school: School) -> list[str]:
    """Return the participants' roles of all launches there were."""
    records = [text(school.redis.get(key) or b"{}") for key in school.redis.scan_iter("launch:*")]
    return sorted(json.loads(record)["role"] for record in records)


@pytest.mark.parametrize(
    "third_party",
    [pytest.param(False, id="row_033_third_party_cookies_blocked"), pytest.param(True, id="row_032")],
)
def test_two_frames_side_by_side(
    school: School, driver: Playwright, stack: ExitStack, third_party: bool
) -> None:
    page = stack.enter_context(browser.launch(driver, third_party_cookies=third_party)).new_page()
    _open(page, course(school, "instructor,student"), frames=2)
    assert launched(school) == ["attendee", "host"]
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
    _open(page, course(school, "instructor,student"), frames=2)
    assert launched(school) == ["attendee", "host"]
    left = page.evaluate("[...kept.values()].filter((value) => value !== null).length")
    assert left == 0, "a secret is deleted once it was read"


@pytest.mark.parametrize("storage", [Storage.UNANNOUNCED, Storage.OLD])
def test_row_034_where_values_are_kept_is_asked(
    school: School, driver: Playwright, stack: ExitStack, storage: Storage
) -> None:
    """The platform's page names the frame, or knows the messages by their old names."""
    school.canvas.storage = storage
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    _open(page, course(school, "instructor,student"), frames=2)
    assert launched(school) == ["attendee", "host"]


def test_row_037_storage_that_never_answers_does_not_stop_the_cookie(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    school.canvas.storage = Storage.SILENT
    page = stack.enter_context(browser.launch(driver)).new_page()
    started = time.monotonic()
    _open(page, course(school, "instructor"), frames=1)
    assert launched(school) == ["host"]
    assert time.monotonic() - started < 10


def test_row_037_storage_that_answers_wrongly_is_ignored(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    school.canvas.storage = Storage.WRONG
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    page.goto(course(school, "instructor"))
    _offer(page).wait_for()
    assert launched(school) == []


def test_row_035_nothing_is_kept_in_frames_and_the_window_enters(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    """The window is offered before the platform's hint is spent, which works only once."""
    school.canvas.single_use_hints = True
    nothing = (school.tool, school.canvas.url)
    page = stack.enter_context(browser.launch(driver, nothing_kept_for=nothing)).new_page()
    page.goto(course(school, "instructor"))
    _offer(page).wait_for()
    assert launched(school) == []
    with page.context.expect_page() as opened:
        _click(page, _offer(page))
    opened.value.wait_for_url("**/rooms/r_*")
    assert launched(school) == ["host"]


def test_row_035_first_party_cookies_blocked_too(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    """The window says which setting to change, and offers no further window."""
    school.canvas.single_use_hints = True
    page = stack.enter_context(browser.launch(driver, all_cookies_blocked=True)).new_page()
    page.goto(course(school, "instructor"))
    _offer(page).wait_for()
    with page.context.expect_page() as opened:
        _click(page, _offer(page))
    window = opened.value
    window.locator('body[data-error="cookies_blocked"]').wait_for()
    assert window.get_by_role("heading").inner_text() == "Allow cookies for the room"
    assert urlsplit(school.tool).netloc in window.locator("main").inner_text()
    assert not window.get_by_role("link").filter(visible=True).count()
    assert launched(school) == []


def test_rule_12_a_portal_that_is_not_allowed_is_named(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    page = stack.enter_context(browser.launch(driver)).new_page()
    booted: list[int] = []
    page.context.on("response", lambda got: booted.extend([got.status] * got.url.endswith("/api/boot")))
    portal = f"{school.sakai.url}/portal?{urlencode({'address': course(school, 'instructor')})}"
    page.goto(portal)
    inner = page.frame_locator("iframe").frame_locator("iframe")
    inner.locator('body[data-error="frame_not_allowed"]').wait_for()
    assert school.sakai.url in inner.locator("main").inner_text()
    noted = school.registrations.noted_frame_ancestors(school.registration_id(school.canvas))
    assert list(noted) == [school.sakai.url]
    with page.context.expect_page() as opened:
        _click(page, inner.get_by_role("link", name="Open in a new window"))
    opened.value.wait_for_url("**/rooms/r_*")
    deadline = time.monotonic() + 5
    while not booted and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert booted == [200], "the ticket is good in the window, which has none of the frame's cookies"


def test_rule_12_a_portal_that_is_allowed_shows_the_room(
    school: School, driver: Playwright, stack: ExitStack
) -> None:
    page = stack.enter_context(browser.launch(driver)).new_page()
    _open(page, f"{school.tenant.url}/portal?{urlencode({'address': course(school, 'student')})}", frames=1)
    assert launched(school) == ["attendee"]
