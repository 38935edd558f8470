"""The whole program for browser tests: two web processes on one address, media worker, emulated LMSs."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.support.browser import launch
from tests.support.faces import Face
from tests.support.person import Person, a_person
from tests.support.stack import Stack

ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "failures"
People = Callable[..., Person]
Browsers = Callable[[Face], BrowserContext]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """When a test fails, keep what each of its people saw."""
    report = yield
    if report.failed:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        for name, person in getattr(item, "funcargs", {}).items():
            if isinstance(person, Person):
                person.takes_picture(ARTIFACTS / f"{item.name}.{name}.png")
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, webs=2, shared=True, media=1, devlms=True) as running:
        yield running


@pytest.fixture(scope="session")
def face_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faces")


@pytest.fixture
def people(stack: Stack, driver: Playwright, face_files: Path) -> Iterator[People]:
    """Make a person with a browser of their own; all go home at the end of the test."""
    with ExitStack() as home:

        def person(face: Face, **window: Any) -> Person:
            return home.enter_context(a_person(driver, stack, face, face_files, **window))

        yield person


@pytest.fixture(scope="module")
def browsers(driver: Playwright, face_files: Path) -> Iterator[Browsers]:
    """Browsers that stay open for a module, one for each face: starting one costs more than a launch."""
    opened: dict[Face, BrowserContext] = {}
    with ExitStack() as home:

        def browser(face: Face) -> BrowserContext:
            if face not in opened:
                video, audio = face.files(face_files)
                opened[face] = home.enter_context(launch(driver, video_file=video, audio_file=audio))
            return opened[face]

        yield browser


@pytest.fixture
def guests(stack: Stack, browsers: Browsers) -> Iterator[People]:
    """Make a person at one of the module's browsers; nobody has opened any of the links yet."""
    with meeting(stack, browsers) as guest:
        yield guest


@contextmanager
def meeting(stack: Stack, browsers: Browsers) -> Iterator[People]:
    """Hold a meeting whose rooms nobody knows before and after; all tidy up when they go home."""
    forget_rooms(stack)
    came: list[Person] = []

    def guest(face: Face) -> Person:
        came.append(Person(browsers(face), stack, face))
        return came[-1]

    yield guest
    for person in came:
        person.go_home()
    forget_rooms(stack)


def forget_rooms(stack: Stack) -> None:
    """The next launch of each link opens a new room."""
    redis = stack.redis()
    links = redis.keys("link:*")
    if links:
        redis.delete(*links)
    redis.close()
