"""The whole program for browser tests: two web processes on one address, media worker, emulated LMSs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.support.faces import Face
from tests.support.person import Person, a_person
from tests.support.stack import Stack

People = Callable[..., Person]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, webs=2, shared=True, media=1, devlms=True) as running:
        yield running


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


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
