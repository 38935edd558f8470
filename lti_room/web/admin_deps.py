"""What the admin pages need beside the other pages' collaborators."""

from dataclasses import dataclass
from typing import Self

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.usecases.administering.admin_entry import AdminEntry
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.administering.privacy import Privacy
from lti_room.usecases.blocks import Blocks
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People


@dataclass(frozen=True, kw_only=True)
class AdminDeps:
    """The collaborators of `/admin`."""

    entry: AdminEntry
    blocks: Blocks
    privacy: Privacy

    @classmethod
    def over(cls, redis: Redis, clock: Clock, settings: Settings, audit: Audit) -> Self:
        """Return them around a Redis."""
        launches = Launches(redis, settings)
        return cls(
            entry=AdminEntry(redis, clock, settings, audit),
            blocks=Blocks(redis, clock, launches, audit),
            privacy=Privacy(redis, People(redis), launches, audit),
        )
