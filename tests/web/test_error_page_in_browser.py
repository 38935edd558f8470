"""The error page as people meet it: nothing for axe to find, and "Try again" keeps the address whole."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Playwright

from lti_room.base.errors import StoreUnavailable
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from tests.support.browser import launch

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def used_launch() -> str:
    error = LaunchError(LaunchErrorCode.STATE_UNKNOWN_OR_USED)
    error.return_url = "https://school.example/course"
    raise error


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 900])
def test_axe_finds_nothing(
    app: Flask, request: pytest.FixtureRequest, driver: Playwright, dark: bool, width: int
) -> None:
    app.add_url_rule("/used", "used", used_launch)
    site = request.getfixturevalue("site")
    with launch(driver, dark=dark, width=width) as browser:
        page = browser.new_page()
        page.goto(f"{site}/used")
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then((result) => result.violations.map((one) => one.id))")
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_try_again_keeps_the_fragment(app: Flask, request: pytest.FixtureRequest, driver: Playwright) -> None:
    answers = iter([True, False])

    def busy_once() -> str:
        if next(answers):
            raise StoreUnavailable
        return "<!doctype html><title>There</title>"

    app.add_url_rule("/busy", "busy", busy_once)
    site = request.getfixturevalue("site")
    with launch(driver) as browser:
        page = browser.new_page()
        page.goto(f"{site}/busy#a.b.c")
        page.get_by_role("button", name="Try again").click()
        page.wait_for_function("document.title === 'There'")
        assert page.url == f"{site}/busy#a.b.c"
