"""The web pages over real HTTP, with a launch that skips the LMS: what follows a verified message is real."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_room import wiring
from lti_room.app import create_app
from lti_room.base.clock import Clock, FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings, load
from lti_room.lti.launching.message import Course, Launch, Link
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import RegistrationStore
from lti_room.lti.roles import LaunchRole
from lti_room.lti.tool import LtiTool
from lti_room.media.backend import MediaBackend
from lti_room.media.silent import SilentBackend
from lti_room.rooms.ports import RoomStore
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.web import WebDeps
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
    deps = wiring.web_deps(
        chosen,
        redis,
        clock,
        process="w_test",
        store=store or RedisRoomStore(redis, snapshot_events=chosen.snapshot_events),
        registrations=registrations or RegistrationList(clock=clock),
        media=media or SilentBackend(),
    )
    return replace(deps, assets=Assets(static) if static else deps.assets, lti=lti or deps.lti)


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
