"""What the web pages need, chosen by `wiring`."""

from dataclasses import dataclass

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.lti.services.services import PlatformServices
from lti_room.lti.tool import LtiTool
from lti_room.lti.tool_keys import ToolKeys
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.administering.check import Checks
from lti_room.usecases.administering.register_platform import RegisterPlatform
from lti_room.usecases.administering.registration_invitations import RegistrationInvitations
from lti_room.usecases.course_people import CoursePeople
from lti_room.usecases.deep_link import DeepLinks
from lti_room.usecases.enter import Enter
from lti_room.usecases.frames import Frames
from lti_room.usecases.grading.gradebooks import Gradebooks
from lti_room.usecases.handoff import Handoff
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.ticket import Tickets
from lti_room.web.admin_deps import AdminDeps
from lti_room.web.assets import Assets


@dataclass(frozen=True)
class SocketInfo:
    """How a page reaches the socket. The names belong to `realtime`, which `web` must not import."""

    protocol: int
    path: str
    namespace: str


@dataclass(frozen=True, kw_only=True)
class WebDeps:
    """The collaborators of all blueprints."""

    settings: Settings
    clock: Clock
    redis: Redis
    assets: Assets
    socket: SocketInfo
    store: RoomStore
    lti: LtiTool
    enter: Enter
    deep_links: DeepLinks
    handoff: Handoff
    tickets: Tickets
    launches: Launches
    people: People
    course_people: CoursePeople
    frames: Frames
    registrations: RegistrationStore
    tool_keys: ToolKeys
    services: PlatformServices
    audit: Audit
    invitations: RegistrationInvitations
    administration: Administration
    register: RegisterPlatform
    admin: AdminDeps
    checks: Checks
    grades: Gradebooks
