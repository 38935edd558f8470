"""`/api/room-settings`: what a room's hosts decide about its grades. The rest goes over the socket."""

from dataclasses import replace

from flask import Blueprint, Response, jsonify, request

from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.rooms.policy import HOSTS
from lti_room.usecases.room_settings import RoomSettingsStore
from lti_room.web.caller import staff_calling
from lti_room.web.deps import WebDeps


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes of `/api/room-settings`."""
    pages = Blueprint("room_settings", __name__, url_prefix="/api/room-settings")
    store = RoomSettingsStore(deps.redis)

    @pages.get("")
    def read() -> Response:
        return _answer(deps, store, _room(deps))

    @pages.put("")
    def change() -> Response:
        room = _room(deps)
        match request.get_json(silent=True):
            case {
                "graded": bool(graded),
                "points": int() | float() as points,
                "send_by_itself": bool(by_itself),
                **rest,
            } if not rest and not isinstance(points, bool):
                kept = store.of(room)
                told = replace(kept, graded=graded, points=float(points), send_by_itself=by_itself)
                store.save(room, told)
            case _:
                raise AppError("bad_message", "Send graded, points and send_by_itself.")
        return _answer(deps, store, room)

    return pages


def _room(deps: WebDeps) -> RoomId:
    """The room of a host by launch: a role given in the room decides nothing about a class's grades."""
    caller = staff_calling(deps, HOSTS)
    if caller.launch.role not in HOSTS:
        raise AppError("not_teaching", "Only who teaches the course decides about its grades.")
    return caller.room.id


def _answer(deps: WebDeps, store: RoomSettingsStore, room: RoomId) -> Response:
    """The settings, and whether the LMS offers a gradebook where this room lies."""
    found = store.of(room)
    link = deps.launches.link_of(room)
    return jsonify(
        graded=found.graded,
        points=found.points,
        send_by_itself=found.send_by_itself,
        gradebook=bool(link and link.services.get("grades")),
    )
