"""The one file that chooses implementations."""

from dataclasses import dataclass

from flask import Flask

from lti_room.app import create_app
from lti_room.base import paths
from lti_room.base.clock import Clock, SystemClock
from lti_room.base.entropy import new_id
from lti_room.base.redis_client import Redis, connect
from lti_room.base.settings import Settings
from lti_room.devlms.registrations import emulated
from lti_room.lti.http import GuardedHttp
from lti_room.lti.registrations import file as registrations_file
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.lti.registrations.stored import Registrations
from lti_room.lti.services.services import PlatformServices
from lti_room.lti.tool import LtiTool
from lti_room.lti.tool_keys import ToolKeys
from lti_room.media.backend import MediaBackend
from lti_room.media.sfu.backend import SfuBackend
from lti_room.realtime import Realtime, RealtimeDeps, attach
from lti_room.realtime.names import NAMESPACE, PROTOCOL_VERSION, SOCKET_PATH
from lti_room.realtime.presence import Presence
from lti_room.rooms.limits import Limits
from lti_room.rooms.ports import RoomStore
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.usecases.act import Act
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.administering.check import Checks
from lti_room.usecases.administering.register_platform import RegisterPlatform
from lti_room.usecases.administering.registration_invitations import RegistrationInvitations
from lti_room.usecases.administering.retention import Retention
from lti_room.usecases.chat import Chat
from lti_room.usecases.course_people import CoursePeople
from lti_room.usecases.deep_link import DeepLinks
from lti_room.usecases.enter import Enter
from lti_room.usecases.follow import Follow
from lti_room.usecases.frames import Frames
from lti_room.usecases.grading.gradebooks import Gradebooks
from lti_room.usecases.handoff import Handoff
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.ticket import Tickets
from lti_room.web import WebDeps
from lti_room.web.admin_deps import AdminDeps
from lti_room.web.assets import Assets
from lti_room.web.deps import SocketInfo


@dataclass(frozen=True)
class WebProcess:
    """One web process: the app that answers, and the greenlets behind its sockets."""

    app: Flask
    realtime: Realtime


def registrations_of(settings: Settings, redis: Redis, clock: Clock) -> Registrations:
    """Return those of the TOML file, in development also the emulated LMSs, and those in Redis.

    Raises:
        SettingsError: one is malformed or stands there twice.
    """
    found = (
        registrations_file.load(settings.registrations, development=settings.development)
        if settings.registrations
        else []
    )
    if settings.development:
        entries = emulated(settings.devlms_url, settings.public_url)
        found += [from_mapping(entry, development=True) for entry in entries]
    return Registrations(
        redis,
        clock,
        found,
        development=settings.development,
        first_approved=Audit(redis, clock, settings).first_deployment,
    )


def administration_of(settings: Settings, redis: Redis, clock: Clock) -> Administration:
    """Return what the command line changes registrations and keys with.

    Raises:
        SettingsError: a registration of the file is malformed.
    """
    return Administration(
        registrations_of(settings, redis, clock),
        ToolKeys(redis, clock, settings),
        Audit(redis, clock, settings),
        RegistrationInvitations(redis, clock, settings),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        invitation_seconds=settings.invitation_seconds,
        get_ready_seconds=settings.get_ready_seconds,
        more_time_seconds=settings.more_time_seconds,
        keep_seat_seconds=settings.keep_seat_seconds,
        early_entry_seconds=settings.early_entry_seconds,
    )


def _store(redis: Redis, settings: Settings) -> RedisRoomStore:
    return RedisRoomStore(redis, snapshot_events=settings.snapshot_events)


def web_process(settings: Settings) -> WebProcess:
    """Build a web process. Nothing runs yet.

    Raises:
        SettingsError: a registration is malformed.
    """
    redis, clock = connect(settings.effective_redis_url), SystemClock()
    process = new_id("w")
    media = SfuBackend(redis, settings.effective_redis_url, process)
    deps = web_deps(
        settings,
        redis,
        clock,
        process=process,
        store=_store(redis, settings),
        registrations=registrations_of(settings, redis, clock),
        media=media,
    )
    retention = Retention(redis, clock, settings, deps.registrations, deps.people, deps.launches, process)
    app = create_app(deps)
    realtime = attach(
        app,
        RealtimeDeps(
            settings=settings,
            redis_url=settings.effective_redis_url,
            redis=redis,
            clock=clock,
            process=process,
            store=deps.store,
            act=Act(deps.store, clock, _limits(settings)),
            attendance=deps.grades.attendance,
            chat=Chat(redis),
            people=deps.people,
            launches=deps.launches,
            tickets=deps.tickets,
            handoff=deps.handoff,
            media=media,
            beside=(deps.grades.sender(process).run, retention.run),
        ),
    )
    return WebProcess(app, realtime)


def web_deps(
    settings: Settings,
    redis: Redis,
    clock: Clock,
    *,
    process: str,
    store: RoomStore,
    registrations: RegistrationStore,
    media: MediaBackend,
) -> WebDeps:
    """Return the pages' collaborators around one Redis; `process` names the web process."""
    keys, audit = ToolKeys(redis, clock, settings), Audit(redis, clock, settings)
    invitations = RegistrationInvitations(redis, clock, settings)
    administration = Administration(registrations, keys, audit, invitations)
    people, tickets = People(redis), Tickets(redis, clock, settings)
    launches = Launches(redis, settings)
    services = PlatformServices.over(redis, clock, settings, keys)
    course_people = CoursePeople(
        redis=redis,
        clock=clock,
        settings=settings,
        registrations=registrations,
        launches=launches,
        people=people,
        names_roles=services.names_roles,
        present=Presence(redis, clock, settings, process).participants,
    )
    return WebDeps(
        settings=settings,
        clock=clock,
        redis=redis,
        assets=Assets(paths.assets("static")),
        socket=SocketInfo(PROTOCOL_VERSION, SOCKET_PATH, NAMESPACE),
        store=store,
        lti=LtiTool(redis=redis, clock=clock, settings=settings, registrations=registrations),
        enter=Enter(redis, clock, settings, store, people, tickets),
        deep_links=DeepLinks(
            redis=redis,
            clock=clock,
            settings=settings,
            store=store,
            people=people,
            tickets=tickets,
            keys=keys,
        ),
        handoff=Handoff(redis, clock, settings, tickets, registrations),
        tickets=tickets,
        launches=launches,
        people=people,
        course_people=course_people,
        frames=Frames(redis, settings),
        registrations=registrations,
        tool_keys=keys,
        services=services,
        audit=audit,
        invitations=invitations,
        administration=administration,
        register=RegisterPlatform.over(settings, invitations, administration),
        admin=AdminDeps.over(redis, clock, settings, audit),
        checks=Checks(
            redis=redis,
            clock=clock,
            settings=settings,
            tickets=tickets,
            registrations=registrations,
            http=GuardedHttp(development=settings.development),
            media=media,
        ),
        grades=Gradebooks.over(
            redis, clock, settings, store, people, registrations, services.grades, course_people
        ),
    )


def standby_follow(settings: Settings, holder: str) -> Follow:
    """Return a follower that takes over when no web process follows the rooms."""
    url = settings.effective_redis_url
    redis = connect(url)
    return Follow(redis, url, _store(redis, settings), SfuBackend(redis, url, holder), holder)
