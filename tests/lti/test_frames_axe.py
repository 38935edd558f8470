"""The pages between course and room, narrow and wide, light and dark: nothing for axe to find."""

from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Frame, Playwright

from tests.lti.conftest import School
from tests.lti.test_frames import course
from tests.support import browser

pytestmark = pytest.mark.browser

AXE: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: Final = [
    pytest.param({"width": 320, "dark": True}, id="narrow_dark"),
    pytest.param({"width": 900}, id="wide"),
]


def _check(frame: Frame) -> None:
    frame.evaluate(AXE.read_text())
    assert frame.evaluate("axe.run().then((result) => result.violations.map((one) => one.id))") == []
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", LOOKS)
def test_the_offer_of_a_window_and_the_window(
    school: School, driver: Playwright, look: dict[str, int]
) -> None:
    with browser.launch(driver, all_cookies_blocked=True, **look) as context:
        page = context.new_page()
        page.goto(course(school, "instructor"))
        offer = page.frame_locator("iframe").get_by_role("link", name="Open in a new window")
        offer.wait_for()
        _check(page.frames[1])
        page.goto(f"{school.tool}{offer.get_attribute('href')}")
        page.get_by_role("heading", name="Allow cookies for the room").wait_for()
        _check(page.main_frame)


@pytest.mark.parametrize("look", LOOKS)
def test_inside_a_portal(school: School, driver: Playwright, look: dict[str, int]) -> None:
    with browser.launch(driver, **look) as context:
        page = context.new_page()
        page.goto(f"{school.sakai.url}/portal?{urlencode({'address': course(school, 'instructor')})}")
        inner = page.frame_locator("iframe").frame_locator("iframe")
        link = inner.get_by_role("link", name="Open in a new window")
        link.wait_for()
        link.focus()
        assert link.evaluate("(it) => it === document.activeElement"), "it is reached without a mouse"
        _check(next(one for one in page.frames if one.url.endswith("/lti/launch")))
