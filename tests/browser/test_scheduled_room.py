"""Before its time a room shows a countdown, and lets its attendees in by itself; its host is in already."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright

from lti_room.base.clock import SystemClock
from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import text
from lti_room.rooms.events import ScheduleSet
from lti_room.rooms.redis_store import RedisRoomStore
from tests.support.browser import launch
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

EARLY = 900.0
SOON = 15.0


@pytest.fixture
def page(driver: Playwright) -> Iterator[Page]:
    with launch(driver, fake_media=True) as context:
        yield context.new_page()


def test_the_room_opens_by_itself(page: Page, stack: Stack) -> None:
    course = f"{stack.devlms_url}moodle/course?link=link2&person="
    frame = page.frame_locator("#contentframe")
    page.goto(course + "instructor")
    frame.get_by_role("button", name="Join as viewer").wait_for()

    redis, clock = stack.redis(), SystemClock()
    store = RedisRoomStore(redis, snapshot_events=200)
    room = next(
        RoomId(text(redis.get(key) or b""))
        for key in redis.keys("link:*")
        if store.load(RoomId(text(redis.get(key) or b""))).title == "Office hours"
    )
    now = clock.now()
    event = ScheduleSet(now + EARLY + SOON, now + EARLY + 3600, EARLY, ParticipantId("p_elena"))
    store.append(room, store.load(room).version, [event], now)

    page.goto(course + "student1")
    frame.get_by_text("Opens in").wait_for()
    assert frame.get_by_role("heading", name="Office hours").is_visible()
    assert frame.get_by_role("button", name="Join as viewer").count() == 0
    frame.get_by_role("button", name="Join as viewer").wait_for(timeout=(SOON + 20) * 1000)
    frame.get_by_role("button", name="Join as viewer").click()
    frame.get_by_role("button", name="Leave").wait_for()
    current = store.load(room)
    cleared = ScheduleSet(None, None, EARLY, ParticipantId("p_elena"))
    store.append(room, current.version, [cleared], clock.now())
    redis.close()
