"""An LMS admin connects each emulated LMS: invited, registered in its frame, approved, launched."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import Redis
from lti_room.devlms.app import create_app as create_lms
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.lti.registrations.stored import Registrations
from lti_room.usecases.administering.registration_invitations import InvitationTerms
from lti_room.web import WebDeps
from tests.support.browser import launch
from tests.support.stack import free_port
from tests.support.web import create_app, serving, settings, web_deps

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
KINDS = ("canvas", "moodle", "sakai")


@dataclass
class School:
    """The tool and the emulated LMSs, served to browsers."""

    tool: str
    lms: str
    deps: WebDeps

    def invited(self, **terms: bool) -> str:
        code = self.deps.administration.invite("Example school", by="anna", terms=InvitationTerms(**terms))
        return f"{self.tool}/lti/register?invitation={code}"

    @property
    def registered(self) -> Registration:
        [found] = self.deps.registrations.all()
        return found


@contextmanager
def a_school(redis: Redis, data: Path) -> Iterator[School]:
    here, there = free_port(), free_port()
    tool, lms = f"http://127.0.0.1:{here}", f"http://localhost:{there}"
    chosen = settings(PUBLIC_URL=tool, BIND=f"127.0.0.1:{here}", DEVLMS_BIND=f"localhost:{there}")
    clock = SystemClock()
    registrations = Registrations(redis, clock, development=True)
    deps = web_deps(redis, chosen, clock=clock, registrations=registrations)
    emulated = create_lms(base_url=lms, tool_url=tool, data=data, clock=clock)
    with serving(create_app(deps), here), serving(emulated, there):
        yield School(tool, lms, deps)


@pytest.fixture
def school(redis: Redis, tmp_path: Path) -> Iterator[School]:
    with a_school(redis, tmp_path) as running:
        yield running


@pytest.fixture
def browser(driver: Playwright) -> Iterator[BrowserContext]:
    with launch(driver, width=1100, height=900) as opened:
        yield opened


def register(page: Page, school: School, kind: str, address: str) -> None:
    """Do what the LMS admin does, up to the button that leads back to the LMS."""
    page.goto(f"{school.lms}/devlms/{kind}/admin")
    page.locator("#url").fill(address)
    page.get_by_role("button", name="Register a tool").click()
    frame = page.frame_locator("#registration")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Connect this LMS to the live room?")
    assert not school.deps.registrations.all()
    frame.get_by_role("button", name="Register").click()
    expect(frame.locator("body[data-registered]")).to_be_visible()


def open_as(page: Page, person: str) -> None:
    page.locator(f"[data-try={person}]").click()


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_invitation_to_the_room(school: School, browser: BrowserContext, kind: str) -> None:
    page = browser.new_page()
    register(page, school, kind, school.invited())
    frame = page.frame_locator("#registration")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Registered, and waiting for approval")
    assert school.registered.status is RegistrationStatus.PENDING
    frame.get_by_role("button", name="Back to the LMS").click()
    page.wait_for_url(f"{school.lms}/devlms/{kind}/admin")
    page.locator("[data-activate]").click()
    open_as(page, "instructor")
    room = page.frame_locator("iframe")
    expect(room.locator("body")).to_have_attribute("data-error", "registration_pending")
    school.deps.administration.approve(school.registered.id, by="anna")
    page.reload()
    if kind == "canvas":
        expect(room.locator("body")).to_have_attribute("data-error", "deployment_unknown")
        [waiting] = school.deps.administration.pending_deployments(school.registered.id)
        assert waiting.course_title == "Biology 101"
        school.deps.administration.approve_deployment(school.registered.id, waiting.deployment, by="anna")
        page.reload()
    wait_for_room(page, school)


def wait_for_room(page: Page, school: School) -> None:
    """Wait until a frame of the page has left the LMS for a room."""

    def rooms() -> list[str]:
        return [one.url for one in page.frames if one.url.startswith(f"{school.tool}/rooms/")]

    for _ in range(100):
        if rooms():
            return
        page.wait_for_timeout(100)
    raise AssertionError([one.url for one in page.frames])


def test_a_trusted_invitation_needs_nobody_else(school: School, browser: BrowserContext) -> None:
    page = browser.new_page()
    register(page, school, "canvas", school.invited(trusted=True, approve_first_deployment=True))
    frame = page.frame_locator("#registration")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Registered")
    frame.get_by_role("button", name="Back to the LMS").click()
    page.locator("[data-activate]").click()
    open_as(page, "instructor")
    wait_for_room(page, school)


def test_row_122_the_lms_is_told_once_that_it_is_done(school: School, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.add_init_script(
        "if (window === top) { window.heard = [];"
        "addEventListener('message', (event) => heard.push([event.data, event.origin])); }"
    )
    page.route(
        "**/static/registering.js", lambda route: route.fulfill(body="", content_type="text/javascript")
    )
    register(page, school, "moodle", school.invited())
    assert page.evaluate("heard.length") == 0
    back = page.frame_locator("#registration").get_by_role("button", name="Back to the LMS")
    back.dblclick()
    page.wait_for_function("heard.length >= 2")
    assert page.evaluate("heard") == [
        [{"subject": "org.imsglobal.lti.close"}, school.tool],
        [{"subject": "lti.close"}, school.tool],
    ]
    expect(page.frame_locator("#registration").get_by_text("You can close this window now.")).to_be_visible()


def test_what_is_connected_by_hand_can_be_copied(school: School, browser: BrowserContext) -> None:
    browser.grant_permissions(["clipboard-read", "clipboard-write"], origin=school.tool)
    page = browser.new_page()
    page.goto(f"{school.tool}/lti/register")
    page.locator("#moodle ~ details summary").click()
    page.get_by_role("button", name="Copy: Initiate login URL").click()
    expect(page.get_by_text("Copied").filter(visible=True)).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == f"{school.tool}/lti/login"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1000])
def test_axe_finds_nothing(school: School, driver: Playwright, dark: bool, width: int) -> None:
    with launch(driver, dark=dark, width=width) as browser:
        page = browser.new_page()
        answer = page.goto(school.invited())
        assert answer is not None
        assert answer.status == 400
        for section in page.locator("summary").all():
            section.click()
        clean(page)
        page.goto(f"{school.lms}/devlms/moodle/admin")
        page.locator("#url").fill(school.invited())
        page.get_by_role("button", name="Register a tool").click()
        inside = page.locator("#registration").get_attribute("src")
        assert inside
        page.goto(inside)
        clean(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("body[data-registered]")).to_be_visible()
        clean(page)
        expect(page.get_by_text("You can close this window now.")).to_be_visible()


def clean(page: Page) -> None:
    """Assert that axe finds nothing and that nothing is cut off."""
    page.evaluate(AXE.read_text())
    assert page.evaluate("axe.run().then((result) => result.violations.map((one) => one.id))") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
