"""What the tests of grades share."""

import pytest

from lti_room.base.redis_client import Redis
from tests.support import web
from tests.usecases.grading.world import World


@pytest.fixture
def world(redis: Redis) -> World:
    return World(redis, web.settings(GRADE_TRIES="3", GRADE_RETRY_SECONDS="8"))
