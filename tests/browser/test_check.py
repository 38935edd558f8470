"""The check page from a room's settings, in the frame of an LMS, with a real media worker behind it."""

from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.support.faces import RED


def test_staff_check_the_connection_and_come_back(people: People) -> None:
    host = people(RED)
    host.launch("canvas", "instructor")
    host.enter_as_viewer()
    host.press("More")
    host.menu_item("Settings").click()
    host.press("Check this connection")
    frame = host.page.frame_locator("iframe").first
    expect(frame.locator("body[data-checked=true]")).to_be_attached(timeout=30_000)
    for title in (
        "Sound and pictures (UDP)",
        "Live connection (websocket)",
        "Keys of the LMS",
        "Clock of the LMS",
    ):
        line = frame.locator("li").filter(has=host.page.locator(f"strong:text-is('{title}')"))
        expect(line).to_have_class("ok")
    expect(frame.locator("li", has_text="Sound and pictures (UDP)")).to_contain_text("reached at 127.0.0.1:")
    frame.get_by_role("button", name="Back to the room").click()
    expect(frame.locator("#app[data-view]")).to_be_attached(timeout=20_000)
