"""An instructor adds a room in each LMS: it opens as planned, and a copied course has its own."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, Playwright

from lti_room.base.entropy import new_id
from lti_room.base.ids import RoomId
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.room_settings import RoomSettingsStore
from tests.support.browser import launch
from tests.support.stack import Stack, wait_until

pytestmark = pytest.mark.browser

LMSS = ("canvas", "moodle", "sakai")


@pytest.fixture
def page(driver: Playwright, stack: Stack) -> Iterator[Page]:
    with launch(driver) as context:
        yield context.pages[0] if context.pages else context.new_page()


AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the form."""
    frame: Frame = next(frame for frame in page.frames if "/lti/deep-link" in frame.url)
    frame.evaluate(AXE.read_text())
    found: list[str] = frame.evaluate("axe.run().then((found) => found.violations.map((one) => one.id))")
    return found


def dialog(page: Page, stack: Stack, lms: str, person: str = "instructor") -> FrameLocator:
    """Press "Add a room" on the course page."""
    page.goto(f"{stack.devlms_url}{lms}/course?person={person}&link=link1")
    page.get_by_role("link", name="Add a room").click()
    page.wait_for_url("**/add_room*")
    return page.frame_locator("iframe.tool_launch")


def fill(form: FrameLocator, title: str) -> None:
    """Fill the form in as an instructor would."""
    form.get_by_role("textbox", name="Title").fill(title)
    form.get_by_role("radio", name="Invite only").check()
    form.get_by_role("checkbox", name="Attendance counts for the gradebook").check()
    form.get_by_role("textbox", name="Points").fill("5")


def room_on(page: Page) -> RoomId:
    """Return the room the course page shows."""
    found: list[str] = []

    def look() -> bool:
        page.wait_for_timeout(50)
        found[:] = [
            urlsplit(frame.url).path.removeprefix("/rooms/")
            for frame in page.frames
            if "/rooms/r_" in frame.url
        ]
        return bool(found)

    wait_until(look, 20, "the room in the course page")
    return RoomId(found[0])


@pytest.mark.parametrize("lms", LMSS)
def test_a_room_is_added_opened_and_copied(page: Page, stack: Stack, lms: str) -> None:
    title = new_id("Lab")
    form = dialog(page, stack, lms)
    fill(form, title)
    assert form.locator("[data-preview='title']").inner_text() == title
    assert violations(page) == []
    form.get_by_role("button", name="Add to course").click()
    link = page.get_by_role("link", name=title)
    link.wait_for()
    link.click()
    room = room_on(page)
    redis = stack.redis()
    store, settings = RedisRoomStore(redis, snapshot_events=200), RoomSettingsStore(redis)
    kept = store.load(room)
    assert (kept.title, kept.access) == (title, StageAccess.INVITE)
    assert (settings.of(room).graded, settings.of(room).points) == (True, 5.0)

    page.get_by_role("button", name="Copy this course").click()
    page.get_by_role("link", name=title).click()
    page.wait_for_load_state()
    copy = room_on(page)
    assert copy != room
    assert (store.load(copy).title, store.load(copy).access) == (title, StageAccess.INVITE)
    assert "copy" in store.load(copy).course
    assert settings.of(copy) == settings.of(room)
    redis.close()


@pytest.mark.parametrize("lms", ["canvas", "sakai"])
def test_a_room_is_added_where_all_cookies_are_blocked(driver: Playwright, stack: Stack, lms: str) -> None:
    """The LMS's page keeps what proves the browser; the ticket of the form is bound to nothing."""
    with launch(driver, all_cookies_blocked=True) as context:
        page = context.new_page()
        title = new_id("Lab")
        form = dialog(page, stack, lms)
        form.get_by_role("textbox", name="Title").fill(title)
        form.get_by_role("button", name="Add to course").click()
        page.get_by_role("link", name=title).click()
        assert room_on(page)


@pytest.mark.parametrize("lms", LMSS)
def test_giving_up_adds_nothing(page: Page, stack: Stack, lms: str) -> None:
    form = dialog(page, stack, lms)
    form.get_by_role("button", name="Cancel").click()
    if lms == "canvas":
        form.get_by_role("heading", name="Back in Biology 101").wait_for()
        form.get_by_text("No room was added.").wait_for()
    else:
        page.get_by_role("link", name="Seminar room").wait_for()


@pytest.mark.parametrize("lms", LMSS)
def test_students_add_nothing(page: Page, stack: Stack, lms: str) -> None:
    page.goto(f"{stack.devlms_url}{lms}/course?person=student1&link=link1")
    assert page.get_by_role("link", name="Add a room").count() == 0
    page.goto(f"{stack.devlms_url}{lms}/add_room?person=student1")
    frame = page.frame_locator("iframe.tool_launch")
    frame.get_by_role("heading", name="Only teachers add rooms to a course").wait_for()


def test_errors_stand_by_their_fields_and_keep_what_was_written(page: Page, stack: Stack) -> None:
    form = dialog(page, stack, "moodle")
    form.get_by_role("textbox", name="Title").fill("  ")
    form.get_by_label("Start", exact=True).fill("2027-03-01T10:00")
    form.get_by_label("End", exact=True).fill("2027-03-01T09:00")
    form.get_by_role("button", name="Add to course").click()
    title = form.get_by_role("textbox", name="Title")
    form.get_by_text("Give the room a title.").wait_for()
    assert title.evaluate("field => field === document.activeElement")
    assert title.get_attribute("aria-invalid") == "true"
    form.get_by_text("The end must be after the start.").wait_for()
    assert form.get_by_label("Start", exact=True).input_value() == "2027-03-01T10:00"
    assert violations(page) == []
    form.get_by_role("button", name="Clear times").click()
    mended = new_id("Mended")
    title.fill(mended)
    form.get_by_role("button", name="Add to course").click()
    page.get_by_role("link", name=mended).wait_for()
