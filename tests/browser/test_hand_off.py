"""The hand-off with the real room behind it: tickets that run out, sleep, leaving, pages put aside."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.support.faces import GREEN
from tests.support.person import PATIENCE_SECONDS, Person, a_person
from tests.support.stack import Stack, wait_until

pytestmark = pytest.mark.browser

TICKET_SECONDS = 6


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The program with tickets that live six seconds."""
    settings = {"LTI_ROOM_TICKET_SECONDS": str(TICKET_SECONDS)}
    with Stack(tmp_path_factory.mktemp("hasty"), webs=1, devlms=True, settings=settings) as running:
        yield running


@pytest.fixture
def noah(hasty: Stack, driver: Playwright, face_files: Path) -> Iterator[Person]:
    """A student in the room, framed by the course page."""
    with a_person(driver, hasty, GREEN, face_files) as person:
        person.launch("canvas", "student1")
        person.enter_as_viewer()
        yield person


def ticket_of(person: Person) -> str:
    return str(person.room.evaluate("history.state.ticket"))


def changes(person: Person, ticket: str) -> None:
    """Wait until the page keeps another ticket."""

    def look() -> bool:
        person.page.wait_for_timeout(100)
        return ticket_of(person) != ticket

    wait_until(look, PATIENCE_SECONDS, "another ticket")


def connections(stack: Stack) -> int:
    redis = stack.redis()
    try:
        return sum(int(redis.hlen(key)) for key in redis.keys("room:*:connections"))
    finally:
        redis.close()


def test_rule_06_the_socket_renews_the_ticket_and_a_reload_goes_straight_in(noah: Person) -> None:
    for _ in range(3):
        changes(noah, ticket_of(noah))
    noah.room.evaluate("location.reload()")
    noah.page.wait_for_timeout(300)
    noah.room.wait_for_selector('[data-view="room"]', timeout=PATIENCE_SECONDS * 1000)


def test_rule_07_a_page_comes_back_after_a_sleep_longer_than_its_ticket(noah: Person) -> None:
    before = ticket_of(noah)
    noah.context.set_offline(True)
    noah.room.evaluate("window.dispatchEvent(new Event('pagehide'))")
    noah.page.wait_for_timeout((TICKET_SECONDS + 2) * 1000)
    noah.context.set_offline(False)
    noah.room.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    changes(noah, before)
    changes(noah, ticket_of(noah))
    noah.room.wait_for_selector('[data-view="room"]', timeout=PATIENCE_SECONDS * 1000)
    assert noah.room.get_by_text("in another tab").count() == 0


def test_rule_07_who_left_is_not_brought_back_by_a_reload(noah: Person) -> None:
    noah.press("More")
    noah.press_at(noah.room.get_by_role("menuitem", name="Leave"))
    noah.sees("You left the room.")
    assert noah.room.evaluate("history.state") is None
    noah.room.evaluate("location.reload()")
    noah.sees("Open the room again from your course")


def test_rule_08_a_page_put_aside_is_gone_at_once_and_back_when_shown(noah: Person, hasty: Stack) -> None:
    wait_until(lambda: connections(hasty) == 1, 5, "one connection")
    noah.page.goto("about:blank")
    wait_until(lambda: connections(hasty) == 0, 1, "the goodbye")
    noah.page.evaluate("history.back()")
    wait_until(lambda: connections(hasty) == 1, 10, "the page from the cache")
