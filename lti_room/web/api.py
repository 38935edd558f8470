"""What the room page asks once it holds a ticket, a one-time code or a resume secret. JSON only."""

from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from lti_room.base.errors import AppError
from lti_room.rooms.commands import Actor
from lti_room.rooms.policy import STAFF, role_of
from lti_room.usecases.handoff import Boot
from lti_room.usecases.people import display_name
from lti_room.web import security
from lti_room.web.caller import bearer
from lti_room.web.deps import WebDeps

_LIMITS: Final = (
    "chat_characters",
    "keep_seat_seconds",
    "message_bytes",
    "roster_full_people",
    "roster_page",
    "socket_ping_seconds",
    "ticket_seconds",
)


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes of `/api`."""
    pages = Blueprint("api", __name__, url_prefix="/api")

    @pages.get("/boot")
    def boot() -> Response:
        return _answer(deps.handoff.boot(bearer(), request.cookies), deps)

    @pages.post("/enter")
    def enter() -> Response:
        asked: object = request.get_json(silent=True)
        match asked:
            case {"code": str(code), **rest} if not rest:
                address = request.remote_addr or ""
                return _answer(deps.handoff.enter_with_code(code, request.cookies, address), deps)
            case {"resume": str(secret), **rest} if not rest:
                return _answer(deps.handoff.resume(secret, request.cookies), deps)
        raise AppError("bad_message", "Send either a code or a resume secret.")

    return pages


def _answer(boot: Boot, deps: WebDeps) -> Response:
    response = jsonify(_body(boot, deps))
    security.bind(response, boot.cookie, deps.settings)
    return response


def _body(boot: Boot, deps: WebDeps) -> dict[str, Any]:
    launch = boot.launch
    room = deps.store.load(launch.room)
    names = deps.people.names(launch.registration, [launch.participant])
    if names[launch.participant] == display_name(launch.participant):
        deps.course_people.learn_name(launch.room, launch.participant)
    return {
        "protocol": deps.socket.protocol,
        "room": {"id": launch.room, "title": room.title},
        "participant": {
            "id": launch.participant,
            "name": names[launch.participant],
            "role": role_of(room, Actor(launch.participant, launch.role)),
            "teaches": launch.role in STAFF,
        },
        "ticket": boot.ticket,
        "resume": boot.resume,
        "connection": boot.connection,
        "page": boot.page,
        "socket": {"path": deps.socket.path, "namespace": deps.socket.namespace},
        "course": {"title": launch.course.title, "label": launch.course.label},
        "locale": launch.locale,
        "return_url": launch.return_url,
        "settings": {name: getattr(deps.settings, name) for name in _LIMITS},
    }
