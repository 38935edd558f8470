"""`GET /rooms/<id>`: one page, the same for everybody. Who it is for comes later, with a ticket.

Answers 200 or 404 and never redirects: a redirect without a fragment of its own would carry the ticket
along (hand-off rule 9, `usecases/README.md`).
"""

import re
from typing import Final

from flask import Blueprint, Response, make_response, render_template

from lti_room.base.ids import RoomId
from lti_room.usecases.enter import Entered
from lti_room.web import security
from lti_room.web.deps import WebDeps

_ROOM: Final = re.compile(r"r_[a-z2-9]{16}")


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the route of the room page."""
    pages = Blueprint("room", __name__)

    @pages.get("/rooms/<room_id>")
    def room(room_id: str) -> Response:
        known = bool(_ROOM.fullmatch(room_id)) and _is_known(deps, RoomId(room_id))
        security.allow_room(deps.settings)
        security.allow_frames(deps.frames.of(RoomId(room_id)) if known else ())
        response = make_response(
            render_template("room.html", build=deps.assets.build, protocol=deps.socket.protocol)
        )
        response.status_code = 200 if known else 404
        return response

    return pages


def redirect_into(entered: Entered, deps: WebDeps) -> Response:
    """Return the answer to a verified launch: `303 /rooms/<id>#<entry ticket>` with its binding cookie."""
    response = Response(status=303)
    response.headers["Location"] = address_of(entered)
    security.bind(response, entered.cookie_to_set, deps.settings)
    return response


def address_of(entered: Entered) -> str:
    """Return where a launch leads: the room, and the entry ticket in the fragment."""
    return f"/rooms/{entered.room}#{entered.ticket_text}"


def _is_known(deps: WebDeps, room: RoomId) -> bool:
    return deps.launches.origin_of(room) is not None or deps.store.load(room).version > 0
