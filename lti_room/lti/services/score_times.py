"""Timestamps of scores that only go up, per line item and person (AGS 3.4.3, row 112)."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.registration import Platform, Registration

_KEPT_SECONDS: Final = 400 * 86_400
"""Longer than a term: afterwards a new score is later anyway."""
_NEXT: Final = """
local last = tonumber(redis.call('GET', KEYS[1]) or '-1')
local at, step = tonumber(ARGV[1]), tonumber(ARGV[2])
if last >= 0 then
  local after = (math.floor(last / step) + 1) * step
  if after > at then at = after end
end
redis.call('SET', KEYS[1], string.format('%.0f', at), 'EX', ARGV[3])
return string.format('%.0f', at)
"""


class ScoreTimes:
    """The latest timestamp of each (line item, person), for all processes."""

    def __init__(self, redis: Redis) -> None:
        self._next = redis.register_script(_NEXT)

    def next(self, registration: Registration, line_item: str, user_id: str, at: datetime) -> datetime:
        """Return `at`, or the first moment after the last one given out.

        A moment is a millisecond; Moodle compares whole seconds, and refuses an equal one.
        """
        step = 1 if registration.platform in {Platform.CANVAS, Platform.SAKAI} else 1000
        name = hashlib.sha256(f"{registration.id}\0{line_item}\0{user_id}".encode()).hexdigest()[:32]
        asked = int(at.timestamp() * 1000)
        reply = self._next(keys=[f"score-time:{name}"], args=[asked, step, _KEPT_SECONDS])
        return datetime.fromtimestamp(int(reply) / 1000, UTC)
