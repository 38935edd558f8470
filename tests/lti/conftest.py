"""The tool over real HTTP with a real Redis, and the platforms registered with it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis, connect
from lti_room.base.settings import Settings
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import registration_id
from lti_room.lti.tool import LtiTool
from lti_room.web import WebDeps
from tests.support.platform import Mood, Storage, UnrulyPlatform, running
from tests.support.stack import free_port
from tests.support.visitor import Visitor
from tests.support.web import create_app, serving, settings, web_deps

NOW = 1_800_000_000.0


@dataclass
class School:
    """A tool and the platforms it knows.

    `canvas` is alone at its issuer; pages of `tenant` may show its rooms. `first` and `second` share one.
    `tenant`'s authorisation address has a query.
    """

    tool: str
    redis: Redis
    registrations: RegistrationList
    clock: FixedClock
    deps: WebDeps
    canvas: UnrulyPlatform
    first: UnrulyPlatform
    second: UnrulyPlatform
    sakai: UnrulyPlatform
    moodle: UnrulyPlatform
    tenant: UnrulyPlatform
    platforms: list[UnrulyPlatform] = field(default_factory=list)

    @staticmethod
    def registration_id(platform: UnrulyPlatform) -> str:
        """Return the id under which a platform is registered."""
        return registration_id(platform.issuer, platform.client_id)

    def visitor(self) -> Visitor:
        """Return a fresh browser."""
        return Visitor(self.tool)


@pytest.fixture(scope="module")
def running_school(redis_settings: Settings) -> Iterator[School]:
    """One tool and its platforms for a module."""
    clock = FixedClock(NOW)
    redis = connect(redis_settings.effective_redis_url)
    with ExitStack() as stack:

        def platform(kind: str, **how: str) -> UnrulyPlatform:
            one = stack.enter_context(running(UnrulyPlatform(clock, kind, **how)))
            platforms.append(one)
            return one

        platforms: list[UnrulyPlatform] = []
        port = free_port()
        tool = f"http://127.0.0.1:{port}"
        chosen = settings(PUBLIC_URL=tool, BIND=f"127.0.0.1:{port}")
        shared = "https://shared.example"
        made = {
            "canvas": platform("canvas", key="first"),
            "first": platform("canvas", issuer=shared, client_id="100", key="first"),
            "second": platform("canvas", issuer=shared, client_id="200", key="first"),
            "sakai": platform("sakai", key="second"),
            "moodle": platform("moodle", key="second"),
            "tenant": platform("canvas", issuer="https://tenant.example", client_id="7", key="first"),
        }
        entries = {name: one.registration() for name, one in made.items()}
        entries["tenant"]["auth_login_url"] += "?tenant=7"
        entries["second"]["deployments"] = ["sibling"]
        entries["canvas"]["frame_origins"].append(made["tenant"].url)
        known = RegistrationList(from_mapping(entry, development=True) for entry in entries.values())
        lti = LtiTool(redis=redis, clock=clock, settings=chosen, registrations=known)
        deps = web_deps(redis, chosen, clock=clock, lti=lti)
        stack.enter_context(serving(create_app(deps), port))
        school = School(tool, redis, known, clock, deps, platforms=platforms, **made)
        yield school
    redis.close()


@pytest.fixture
def school(running_school: School) -> School:
    """The tool with nothing but its keys in Redis, all platforms well."""
    redis = running_school.redis
    keys = {key: redis.dump(key) or b"" for key in redis.scan_iter("keys:*")}
    redis.flushall()
    for key, value in keys.items():
        redis.restore(key, 0, value)
    running_school.clock.value = NOW
    for platform in running_school.platforms:
        platform.mood, platform.key_fetches, platform.cache_control = Mood.WELL, 0, ""
        platform.bytes_sent = 0
        platform.storage = Storage.NONE
        platform.single_use_hints = False
    running_school.canvas.rotate("first")
    return running_school
