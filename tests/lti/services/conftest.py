"""The services' clients against the emulated LMSs over HTTP, with our real key set and a real Redis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.devlms.app import create_app
from lti_room.devlms.claims import claims_for
from lti_room.devlms.gradebook import Column
from lti_room.devlms.lms import Lms
from lti_room.devlms.moods import Mood, Service
from lti_room.devlms.names_roles import NAMES_ROLES
from lti_room.devlms.persons import PEOPLE
from lti_room.devlms.platform import LINKS, Launch
from lti_room.devlms.registrations import emulated
from lti_room.lti import claims
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.grades import Grades, GradesEndpoint
from lti_room.lti.services.names_roles import NamesRoles
from lti_room.lti.services.services import PlatformServices
from lti_room.lti.tool_keys import ToolKeys
from tests.support.stack import free_port
from tests.support.web import serving, settings

Running = tuple[Flask, FixedClock, list[ToolKeys]]


@dataclass
class Course:
    """A course of one emulated LMS, and the tool that is registered with it."""

    lms: Lms
    registration: Registration
    services: PlatformServices
    clock: FixedClock
    redis: Redis

    @property
    def key(self) -> str:
        return self.lms.platform.key

    @property
    def names_roles(self) -> NamesRoles:
        return self.services.names_roles

    @property
    def grades(self) -> Grades:
        return self.services.grades

    @property
    def memberships(self) -> str:
        return str(self.claims()[NAMES_ROLES]["context_memberships_url"])

    def endpoint(self, link: str = "link1") -> GradesEndpoint:
        found = GradesEndpoint.of(self.claims(link=link)[claims.GRADES])
        assert found is not None
        return found

    def claims(self, person: str = "instructor", link: str = "link1") -> dict[str, Any]:
        return claims_for(self.lms.platform, Launch("", PEOPLE[person], LINKS[link], "frame", 0.0))

    def sub(self, person: str) -> str:
        return str(self.claims(person)["sub"])

    def column(self, address: str) -> Column:
        path = address.removeprefix(self.lms.platform.issuer).partition("?")[0]
        return self.lms.gradebook.columns[path]

    def mood(self, service: Service, mood: Mood) -> None:
        self.lms.moods.set(service, mood)

    def asked(self, service: Service) -> int:
        return self.lms.moods.asked[service]


@pytest.fixture(scope="session")
def emulated_lms(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """The running LMSs, their clock, and where the tool's key set is taken from."""
    clock, keys = FixedClock(), list[ToolKeys]()
    tool = Flask("tool")
    tool.add_url_rule("/lti/jwks.json", "jwks", lambda: keys[-1].jwks())
    port = free_port()
    with serving(tool) as tool_url:
        app = create_app(
            base_url=f"http://localhost:{port}",
            tool_url=tool_url,
            data=tmp_path_factory.mktemp("lms"),
            clock=clock,
        )
        app.config["TOOL_URL"] = tool_url
        with serving(app, port):
            yield app, clock, keys


@pytest.fixture(params=["canvas", "moodle", "sakai"])
def course(request: pytest.FixtureRequest, emulated_lms: Running, redis: Redis) -> Course:
    """A course of each LMS in turn, without scores or moods."""
    return a_course(str(request.param), emulated_lms, redis)


@pytest.fixture
def canvas(emulated_lms: Running, redis: Redis) -> Course:
    return a_course("canvas", emulated_lms, redis)


@pytest.fixture
def moodle(emulated_lms: Running, redis: Redis) -> Course:
    return a_course("moodle", emulated_lms, redis)


@pytest.fixture
def sakai(emulated_lms: Running, redis: Redis) -> Course:
    return a_course("sakai", emulated_lms, redis)


def a_course(key: str, running: Running, redis: Redis) -> Course:
    app, clock, keys = running
    lms: Lms = app.extensions[f"devlms.{key}"]
    lms.moods.reset()
    lms.tokens.forget()
    for path, column in list(lms.gradebook.columns.items()):
        column.entries.clear()
        if not column.coupled:
            del lms.gradebook.columns[path]
    chosen = settings(PUBLIC_URL=app.config["TOOL_URL"])
    keys.append(ToolKeys(redis, clock, chosen))
    entry = next(
        one for one in emulated(lms.platform.base_url, app.config["TOOL_URL"]) if one["platform"] == key
    )
    registration = from_mapping(entry, development=True)
    return Course(lms, registration, PlatformServices.over(redis, clock, chosen, keys[-1]), clock, redis)
