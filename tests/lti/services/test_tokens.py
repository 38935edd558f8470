"""Access tokens: how they are asked for, kept, and asked for again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.devlms.moods import Mood, Service
from lti_room.lti.http import GuardedHttp
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.names_roles import SCOPE as MEMBERS
from lti_room.lti.services.services import PlatformServices
from lti_room.lti.services.tokens import ServiceTokens
from lti_room.lti.tool_keys import ToolKeys
from tests.lti.services.conftest import Course
from tests.support.platform import UnrulyPlatform, running
from tests.support.web import settings

UNKNOWN = "https://example.com/scope/never"


def fetch(course: Course) -> int:
    return len(course.names_roles.members(course.registration, course.memberships).people)


def test_one_token_serves_many_calls(course: Course) -> None:
    fetch(course)
    fetch(course)
    assert course.asked(Service.TOKEN) == 1


def test_a_token_is_kept_until_a_minute_before_its_end(course: Course) -> None:
    fetch(course)
    [key] = course.redis.keys("service-token:*")
    assert 3500 < course.redis.ttl(key) <= 3540


def test_row_107_a_platform_that_gives_no_token(course: Course) -> None:
    for mood in (Mood.ERROR, Mood.HTML, Mood.EMPTY, Mood.LIMITED, Mood.FLOOD):
        course.mood(Service.TOKEN, mood)
        with pytest.raises(ServiceError) as raised:
            fetch(course)
        assert raised.value.code == "platform_token", mood
        assert not raised.value.permanent
        assert "SECRET" not in str(raised.value)
    course.mood(Service.TOKEN, Mood.WELL)
    assert fetch(course) > 10


def test_row_107_nobody_listens(course: Course) -> None:
    nowhere = replace(course.registration, auth_token_url="http://127.0.0.1:9/token")
    with pytest.raises(ServiceError) as raised:
        course.names_roles.members(nowhere, course.memberships)
    assert raised.value.code == "platform_token"


def test_row_108_a_token_taken_back_is_replaced_once(course: Course) -> None:
    fetch(course)
    course.mood(Service.NAMES_ROLES, Mood.FORGETFUL)
    assert fetch(course) > 10
    assert course.asked(Service.TOKEN) == 2


def test_row_108_a_platform_that_takes_no_token_is_asked_twice_and_no_more(course: Course) -> None:
    fetch(course)
    course.mood(Service.NAMES_ROLES, Mood.UNAUTHORISED)
    asked = course.asked(Service.NAMES_ROLES)
    with pytest.raises(ServiceError) as raised:
        fetch(course)
    assert raised.value.code == "service_refused"
    assert raised.value.status == 401
    assert course.asked(Service.NAMES_ROLES) == asked + 2
    assert course.asked(Service.TOKEN) == 2


def test_row_109_the_platforms_wait_is_handed_on(course: Course) -> None:
    course.mood(Service.NAMES_ROLES, Mood.LIMITED)
    with pytest.raises(ServiceError) as raised:
        fetch(course)
    assert (raised.value.code, raised.value.retry_after) == ("rate_limited", 7.0)
    assert not raised.value.permanent


def test_one_forbidden_scope_costs_only_itself(canvas: Course, sakai: Course) -> None:
    for course in (canvas, sakai):
        keys = ToolKeys(course.redis, course.clock, settings())
        http = GuardedHttp(development=True)
        tokens = ServiceTokens(course.redis, course.clock, http, keys)
        granted = tokens.token(course.registration, (MEMBERS, UNKNOWN), None)
        assert granted.text
        assert course.asked(Service.TOKEN) == 2
        with pytest.raises(ServiceError) as raised:
            tokens.token(course.registration, (UNKNOWN,), None)
        assert raised.value.permanent


def test_the_deployment_is_named(course: Course) -> None:
    course.names_roles.members(course.registration, course.memberships, deployment="another")
    fetch(course)
    assert course.asked(Service.TOKEN) == 2


def test_a_disagreeing_clock_is_refused(canvas: Course) -> None:
    """The emulated Canvas is strict about times: this one really is signed by us, at the wrong hour."""
    late = FixedClock(canvas.clock.now() - 400)
    services = PlatformServices.over(
        canvas.redis, late, settings(), ToolKeys(canvas.redis, canvas.clock, settings())
    )
    with pytest.raises(ServiceError) as raised:
        services.names_roles.members(canvas.registration, canvas.memberships)
    assert raised.value.code == "platform_token"


@pytest.fixture
def schools() -> Iterator[list[UnrulyPlatform]]:
    """Two schools with one issuer at one host."""
    with running(UnrulyPlatform(FixedClock())) as host:
        host.client_id = "school-a"
        yield [host]


def test_row_110_two_clients_of_one_issuer_have_tokens_of_their_own(
    schools: list[UnrulyPlatform], redis: Redis
) -> None:
    [host] = schools
    clock = FixedClock()
    services = PlatformServices.over(redis, clock, settings(), ToolKeys(redis, clock, settings()))
    seen = []
    for client in ("school-a", "school-b", "school-a", "school-b"):
        registration = from_mapping(host.registration(client_id=client), development=True)
        [member] = services.names_roles.members(registration, f"{host.url}/members").people
        seen.append(member.user_id)
    assert seen == ["school-a", "school-b", "school-a", "school-b"]
    assert host.token_requests == 2
