"""The admin and check pages as people meet them: by link, without a mouse, with nothing for axe to find."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, Playwright, expect

from lti_room.base.clock import FixedClock
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.lti.roles import LaunchRole
from lti_room.usecases.people import Person, participant_id
from lti_room.web import WebDeps
from tests.support import web
from tests.support.browser import launch
from tests.web.test_admin import a_school

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def school(deps: WebDeps, clock: FixedClock) -> Registration:
    """A platform with everything that can be shown."""
    made, other = a_school("North School of Engineering and Applied Sciences"), a_school("South School", "77")
    for one in (made, other):
        deps.registrations.insert(one)
    deps.registrations.set_status(other.id, RegistrationStatus.PENDING)
    deps.registrations.approve_deployment(made.id, "3")
    deps.registrations.note_deployment(made.id, "4", "Biology 101")
    deps.registrations.note_frame_ancestor(made.id, "https://portal.example")
    deps.enter.enter(web.a_launch(registration_id=made.id), {})
    noah = participant_id(made.id, "noah")
    deps.people.remember(made.id, noah, Person("Noah Kim", None, None, "noah"))
    deps.admin.blocks.block(made.id, noah, by="cli:anna")
    deps.administration.invite("West School", by="cli:anna")
    deps.administration.rotate_keys(by="cli:anna")
    return made


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(
        "axe.run().then((r) => r.violations.map((v) => v.id + ' ' + v.nodes.map((n) => n.target).join()))"
    )
    return found


def sign_in(page: Page, site: str, deps: WebDeps) -> None:
    page.goto(f"{site}/admin/enter#{deps.admin.entry.make_code('cli:anna')}")
    assert "#" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/admin")


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_axe_finds_nothing_on_any_admin_page(
    site: str, deps: WebDeps, school: Registration, driver: Playwright, width: int, dark: bool
) -> None:
    one = f"/registrations/{school.id}"
    paths = ("", one, f"{one}/remove", "/add/sakai", "/invitations", "/people", "/keys", "/log?done=saved")
    with launch(driver, width=width, dark=dark) as browser:
        page = browser.new_page()
        page.goto(f"{site}/admin")
        assert violations(page) == []
        sign_in(page, site, deps)
        for path in paths:
            page.goto(f"{site}/admin{path}")
            assert violations(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_deployment_is_approved_by_keyboard(
    site: str, deps: WebDeps, school: Registration, driver: Playwright
) -> None:
    with launch(driver) as browser:
        page = browser.new_page()
        sign_in(page, site, deps)
        page.get_by_role("link", name=school.name).press("Enter")
        row = page.get_by_role("listitem").filter(has_text="Biology 101")
        row.get_by_role("button", name="Approve").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("The deployment is approved")
        assert deps.registrations.is_deployment_known(school, "4")


def test_signing_in_works_without_javascript(site: str, deps: WebDeps, driver: Playwright) -> None:
    with launch(driver) as browser:
        page = browser.new_page()
        browser.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})
        page.goto(f"{site}/admin/enter")
        page.get_by_label("Code").fill(deps.admin.entry.make_code("cli:anna"))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Platforms")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(320, True), (900, False)])
def test_the_check_page_in_a_frame_of_the_lms(
    site: str, deps: WebDeps, school: Registration, driver: Playwright, width: int, dark: bool
) -> None:
    said = {"registration_id": school.id, "role": LaunchRole.HOST}
    ticket = deps.checks.start(web.a_launch(**said), {}).ticket_text
    with web.serving(a_course(f"{site}/lti/check#{ticket}")) as course:
        lms = course.replace("127.0.0.1", "localhost")
        check_in_frame(driver, site, lms, ticket, width, dark)


def a_course(framed: str) -> Flask:
    """An LMS whose page shows an address in a frame, with the permissions of Moodle."""
    app = Flask("lms", static_folder=None)
    frame = f'<iframe id="room" title="Room" allow="camera; microphone; autoplay" src="{framed}" '
    frame += 'style="border:0;width:100%;height:1600px"></iframe>'
    page = f'<!doctype html><html lang="en"><title>LMS</title><main><h1>Course</h1>{frame}</main>'
    app.add_url_rule("/course", "course", lambda: page)
    return app


def check_in_frame(driver: Playwright, site: str, lms: str, ticket: str, width: int, dark: bool) -> None:
    with launch(driver, width=width, dark=dark) as browser:
        page = browser.new_page()
        page.goto(f"{lms}/course")
        inside = page.frame_locator("#room")
        expect(inside.locator("body[data-checked=true]")).to_be_attached(timeout=20_000)
        lines = {
            title: inside.locator("li").filter(has=page.locator(f"strong:text-is('{title}')"))
            for title in ("Camera", "Sharing the screen", "Pages around the LMS", "Keys of the LMS")
        }
        expect(lines["Camera"]).to_have_class("ok")
        expect(lines["Sharing the screen"]).to_have_class("warn")
        expect(lines["Sharing the screen"]).to_contain_text("Moodle does not pass screen sharing on")
        expect(lines["Pages around the LMS"]).to_contain_text(lms)
        expect(lines["Keys of the LMS"]).to_contain_text("cannot be fetched")
        frame_of = page.frame(url=f"{site}/lti/check")
        assert frame_of
        assert ticket not in frame_of.url
        assert violations(page) == []
        inside.get_by_text("As text", exact=True).click()
        text = inside.locator("pre").inner_text()
        assert "[fix] Keys of the LMS" in text
        assert "Noah" not in text
