"""`lti-room doctor`: everything an operator can get wrong, looked at from the machine itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import redis.exceptions

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.http import GuardedHttp
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.tool_keys import ToolKeys
from lti_room.usecases.administering.doctor import machine, public
from lti_room.usecases.administering.doctor.finding import Finding, Level, fail, ok
from lti_room.usecases.administering.doctor.platforms import platforms

__all__ = ["Doctor", "Finding", "Level", "fail", "ok"]


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Looks at one installation. Changes nothing."""

    settings: Settings
    redis: Redis
    clock: Clock
    http: GuardedHttp
    registrations: Iterable[Registration]
    socket_path: str

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, one line at a time: some of them wait for the network."""
        yield ok("settings", f"{self.settings.public_url}, data in {self.settings.data}")
        yield from machine.data_folder(self.settings)
        try:
            yield from machine.redis_server(self.redis, self.settings)
            keys = ToolKeys(self.redis, self.clock, self.settings).jwks()["keys"]
            yield _tool_keys(keys)
            yield from machine.processes(self.redis, self.settings, self.clock)
            yield from machine.media_port(self.redis, self.settings)
        except redis.exceptions.RedisError:
            yield fail("Redis", "it stopped answering", "Look at its log; then ask again.")
            return
        yield from public.public_address(self.settings, keys[0]["kid"], self.clock, self.socket_path)
        yield from platforms(self.registrations, self.http, self.clock)


def _tool_keys(keys: list[dict[str, Any]]) -> Finding:
    older = f", and {len(keys) - 1} older" if len(keys) > 1 else ""
    return ok("tool keys", f"current key {keys[0]['kid'][:8]}{older}")
