"""The services of all platforms, put together."""

from dataclasses import dataclass

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.http import GuardedHttp
from lti_room.lti.services.connector import ServiceConnector
from lti_room.lti.services.grades import Grades
from lti_room.lti.services.names_roles import NamesRoles
from lti_room.lti.services.tokens import AssertionSigner, ServiceTokens


@dataclass(frozen=True)
class PlatformServices:
    """What can be asked of a platform besides launches."""

    names_roles: NamesRoles
    grades: Grades

    @classmethod
    def over(
        cls, redis: Redis, clock: Clock, settings: Settings, signer: AssertionSigner
    ) -> "PlatformServices":
        """Return clients that share tokens and the guarded client."""
        http = GuardedHttp(development=settings.development)
        connector = ServiceConnector(clock, http, ServiceTokens(redis, clock, http, signer))
        return cls(NamesRoles(connector), Grades(redis, connector))
