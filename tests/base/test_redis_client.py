"""The client for commands: many at once share its connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lti_room.base.redis_client import MOST_CONNECTIONS, connect
from lti_room.base.settings import Settings
from tests.support.redis_process import RedisProcess


def test_more_people_than_connections_wait_for_one_another(redis_settings: Settings) -> None:
    """A class that arrives at once must not be told that Redis is away."""
    people = 2 * MOST_CONNECTIONS
    client = connect(redis_settings.effective_redis_url)
    together = threading.Barrier(people)

    def ask(_: int) -> object:
        together.wait(20)
        return client.blpop(["nothing-is-here"], 0.2)

    with ThreadPoolExecutor(people) as pool:
        assert list(pool.map(ask, range(people))) == [None] * people
    assert int(client.info("clients")["connected_clients"]) <= MOST_CONNECTIONS + 10
    client.close()


def test_a_connection_that_was_closed_meanwhile_is_replaced(tmp_path: Path) -> None:
    """Redis was started anew between two commands: the second one does not meet the old connection."""
    server = RedisProcess(tmp_path, fsync="no")
    server.start()
    client = connect(server.url)
    client.set("a", "b")
    server.kill()
    server.start()
    assert client.ping()
    client.close()
    server.kill()
