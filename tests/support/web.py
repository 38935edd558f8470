"""The web pages over real HTTP, with a launch that skips the LMS: what follows a verified message is real."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_room.app import create_app
from lti_room.base import paths
from lti_room.base.clock import Clock, FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings, load
from lti_room.lti.http import GuardedHttp
from lti_room.lti.message import Course, Launch, Link
from lti_room.lti.registration import RegistrationStore
from lti_room.lti.registration_list import RegistrationList
from lti_room.lti.roles import LaunchRole
from lti_room.lti.services.services import PlatformServices
from lti_room.lti.tool import LtiTool
from lti_room.lti.tool_keys import ToolKeys
from lti_room.media.backend import MediaBackend
from lti_room.media.silent import SilentBackend
from lti_room.realtime.names import NAMESPACE, PROTOCOL_VERSION, SOCKET_PATH
from lti_room.realtime.presence import Presence
from lti_room.rooms.ports import RoomStore
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.usecases.administration import Administration
from lti_room.usecases.audit import Audit
from lti_room.usecases.check import Checks
from lti_room.usecases.course_people import CoursePeople
from lti_room.usecases.deep_link import DeepLinks
from lti_room.usecases.enter import Enter
from lti_room.usecases.frames import Frames
from lti_room.usecases.gradebooks import Gradebooks
from lti_room.usecases.handoff import Handoff
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.register_platform import RegisterPlatform
from lti_room.usecases.registration_invitations import RegistrationInvitations
from lti_room.usecases.ticket import Tickets
from lti_room.web import SocketInfo, WebDeps
from lti_room.web.admin_deps import AdminDeps
from lti_room.web.assets import Assets

_LAUNCH = Launch(
    registration_id="reg1",
    platform="canvas",
    deployment_id="dep1",
    message_type="LtiResourceLinkRequest",
    sub="noah",
    name="Noah Kim",
    given_name=None,
    family_name=None,
    email=None,
    picture=None,
    role=LaunchRole.ATTENDEE,
    course=Course("bio101", "Biology 101", "BIO"),
    link=Link("link1", "Seminar room"),
    locale="en",
    return_url="https://school.example/course/1",
    frame_origins=("https://school.example",),
    custom={},
    services={},
    cookie_proven=False,
    target_link_uri="http://127.0.0.1:8000/lti/launch",
)


def a_launch(**changes: Any) -> Launch:
    """Return Noah's verified launch as a student of Biology 101, with changes."""
    return replace(_LAUNCH, **changes)


def settings(**changes: str) -> Settings:
    """Return development settings with changes such as `PUBLIC_URL="https://…"`."""
    names = {f"LTI_ROOM_{name}": value for name, value in changes.items()}
    return load({"LTI_ROOM_DEVELOPMENT": "1", **names})


def web_deps(
    redis: Redis,
    chosen: Settings,
    *,
    clock: Clock | None = None,
    store: RoomStore | None = None,
    static: Path | None = None,
    lti: LtiTool | None = None,
    registrations: RegistrationStore | None = None,
    media: MediaBackend | None = None,
) -> WebDeps:
    """Return the pages' collaborators around a real Redis."""
    clock = clock or FixedClock()
    store = store or RedisRoomStore(redis, snapshot_events=chosen.snapshot_events)
    registrations = registrations or RegistrationList(clock=clock)
    keys, audit = ToolKeys(redis, clock, chosen), Audit(redis, clock, chosen)
    invitations = RegistrationInvitations(redis, clock, chosen)
    administration = Administration(registrations, keys, audit, invitations)
    people, tickets = People(redis), Tickets(redis, clock, chosen)
    services = PlatformServices.over(redis, clock, chosen, keys)
    course_people = CoursePeople(
        redis=redis,
        clock=clock,
        settings=chosen,
        registrations=registrations,
        launches=Launches(redis, chosen),
        people=people,
        names_roles=services.names_roles,
        present=Presence(redis, clock, chosen, "w_test").participants,
    )
    grades = Gradebooks.over(
        redis, clock, chosen, store, people, registrations, services.grades, course_people
    )
    return WebDeps(
        settings=chosen,
        clock=clock,
        redis=redis,
        assets=Assets(static or paths.assets("static")),
        socket=SocketInfo(PROTOCOL_VERSION, SOCKET_PATH, NAMESPACE),
        store=store,
        lti=lti or LtiTool(redis=redis, clock=clock, settings=chosen, registrations=registrations),
        enter=Enter(redis, clock, chosen, store, people, tickets),
        deep_links=DeepLinks(
            redis=redis,
            clock=clock,
            settings=chosen,
            store=store,
            people=people,
            tickets=tickets,
            keys=keys,
        ),
        handoff=Handoff(redis, clock, chosen, tickets, registrations),
        tickets=tickets,
        launches=Launches(redis, chosen),
        people=people,
        course_people=course_people,
        frames=Frames(redis, chosen),
        registrations=registrations,
        tool_keys=keys,
        services=services,
        audit=audit,
        invitations=invitations,
        administration=administration,
        register=RegisterPlatform.over(chosen, invitations, administration),
        admin=AdminDeps.over(redis, clock, chosen, audit),
        checks=Checks(
            redis=redis,
            clock=clock,
            settings=chosen,
            tickets=tickets,
            registrations=registrations,
            http=GuardedHttp(development=chosen.development),
            media=media or SilentBackend(),
        ),
        grades=grades,
    )


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an app over HTTP on 127.0.0.1; yields its origin."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


__all__ = ["a_launch", "create_app", "serving", "settings", "web_deps"]
