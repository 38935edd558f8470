"""Use of a Redis for the life of a process: the managed one, or the embedded one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from lti_room.base.errors import AppError
from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import Settings


@contextmanager
def redis_for(settings: Settings) -> Iterator[Callable[[], None]]:
    """Make sure that the Redis of `settings` answers; yield what to call now and then to keep it so.

    Raises:
        NoRedisServer: the embedded one cannot be started.
        AppError: the managed one does not answer.
    """
    if not settings.redis_url:
        with EmbeddedRedis(settings) as embedded:
            yield embedded.ensure
        return
    client = connect(settings.redis_url)
    try:
        client.ping()
    except redis.exceptions.RedisError as error:
        raise AppError(
            "no_redis", "The Redis of LTI_ROOM_REDIS_URL does not answer; start it or correct the address."
        ) from error
    finally:
        client.close()
    yield lambda: None
