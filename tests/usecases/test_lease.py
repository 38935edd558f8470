"""One holder at a time, gone by itself."""

from lti_room.base.redis_client import Redis
from lti_room.usecases.lease import Lease
from tests.support.stack import wait_until


def test_one_holder_at_a_time(redis: Redis) -> None:
    first, second = Lease(redis, "x", "a", 5000), Lease(redis, "x", "b", 5000)
    assert first.hold()
    assert first.hold()
    assert not second.hold()
    second.release()
    assert not second.hold(), "nobody gives back what somebody else holds"
    first.release()
    assert second.hold()


def test_a_dead_holder_is_followed(redis: Redis) -> None:
    assert Lease(redis, "x", "dead", 100).hold()
    heir = Lease(redis, "x", "heir", 100)
    assert not heir.hold()
    wait_until(heir.hold, 1, "the lease ran out")


def test_holding_lengthens_the_term(redis: Redis) -> None:
    lease = Lease(redis, "x", "a", 5000)
    lease.hold()
    redis.pexpire("lease:x", 100)
    lease.hold()
    assert int(redis.pttl("lease:x")) > 4000  # type: ignore[arg-type]  # the client's types
