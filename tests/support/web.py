"""The web pages over real HTTP, with a launch that skips the LMS: what follows a verified message is real."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_room.app import create_app
from lti_room.base import paths
from lti_room.base.clock import Clock, FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings, load
from lti_room.realtime.names import NAMESPACE, PROTOCOL_VERSION, SOCKET_PATH
from lti_room.rooms.memory_store import MemoryRoomStore
from lti_room.rooms.ports import RoomStore
from lti_room.usecases.enter import Enter
from lti_room.usecases.frames import Frames
from lti_room.usecases.handoff import Handoff
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People
from lti_room.usecases.ticket import Tickets
from lti_room.web import SocketInfo, WebDeps
from lti_room.web.assets import Assets


@dataclass(frozen=True)
class FakeCourse:
    """A course."""

    id: str = "bio101"
    title: str = "Biology 101"
    label: str = "BIO"


@dataclass(frozen=True)
class FakeLink:
    """A link of a course."""

    id: str = "link1"
    title: str = "Seminar room"


@dataclass(frozen=True)
class FakeLaunch:
    """A launch as `LtiTool.launch` would return it, with values a test may change."""

    registration_id: str = "reg1"
    deployment_id: str = "dep1"
    sub: str = "noah"
    name: str | None = "Noah Kim"
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    picture: str | None = None
    role: str = "attendee"
    course: FakeCourse = FakeCourse()
    link: FakeLink = FakeLink()
    locale: str | None = "en"
    return_url: str | None = "https://school.example/course/1"
    frame_origins: tuple[str, ...] = ("https://school.example",)
    custom: dict[str, str] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    cookie_proven: bool = False


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
    lti: object = None,
) -> WebDeps:
    """Return the pages' collaborators around a real Redis."""
    clock = clock or FixedClock()
    store = store or MemoryRoomStore()
    people, tickets = People(redis), Tickets(redis, clock, chosen)
    return WebDeps(
        settings=chosen,
        clock=clock,
        redis=redis,
        assets=Assets(static or paths.assets("static")),
        socket=SocketInfo(PROTOCOL_VERSION, SOCKET_PATH, NAMESPACE),
        store=store,
        lti=cast(Any, lti),
        enter=Enter(redis, clock, chosen, store, people, tickets),
        handoff=Handoff(redis, clock, chosen, tickets),
        tickets=tickets,
        launches=Launches(redis, chosen),
        people=people,
        frames=Frames(redis, chosen),
    )


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an app over HTTP on 127.0.0.1; yields its origin."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


__all__ = ["FakeLaunch", "create_app", "serving", "settings", "web_deps"]
