"""`/lti/check`: one page, the same for everybody, that shows what this LMS lets the room do.

Who may see anything is known from the ticket in the fragment, as in a room; the page itself holds nothing, so
it may be shown inside any page: that is what it is for.
"""

from dataclasses import asdict
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from lti_room.base.errors import AppError
from lti_room.lti.launching.message import Launch
from lti_room.rooms.policy import STAFF
from lti_room.usecases.administering.check import MOST_ANCESTORS, PATH
from lti_room.web import security, words
from lti_room.web.caller import bearer, staff_calling
from lti_room.web.deps import WebDeps

_LONGEST_ORIGIN: Final = 255


def is_check(launch: Launch) -> bool:
    """Whether a launch asks for the check page instead of a room."""
    return urlsplit(launch.target_link_uri).path == PATH


def redirect_to_check(launch: Launch, deps: WebDeps) -> Response:
    """Return the answer to a verified launch of the check page: `303 /lti/check#<ticket>`.

    Raises:
        AppError: `check_not_allowed`.
    """
    started = deps.checks.start(launch, request.cookies)
    response = Response(status=303)
    response.headers["Location"] = f"{PATH}#{started.ticket_text}"
    security.bind(response, started.cookie_to_set, deps.settings)
    return response


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the page and what it asks."""
    pages = Blueprint("check", __name__)

    @pages.get(PATH)
    def check() -> Response:
        own = urlsplit(deps.settings.public_url)
        socket = f"{'wss' if deps.settings.secure else 'ws'}://{own.netloc}"
        security.allow(frame_ancestors="*", connect_src=f"'self' {socket}")
        language = words.of_request()
        return make_response(
            render_template(
                "check/check.html",
                known={
                    "socket": f"{socket}{deps.socket.path}/?EIO=4&transport=websocket",
                    "host": own.hostname,
                    "said": language.under("check."),
                },
            )
        )

    @pages.post("/api/check")
    def look() -> Response:
        match request.get_json(silent=True):
            case {"ancestors": list(told), **rest} if not rest and _are_origins(told):
                facts = deps.checks.look(bearer(), request.cookies, told)
                return jsonify(asdict(facts))
        raise AppError("bad_message", "Send the origins around the page.")

    @pages.post("/api/check/media")
    def media() -> Response:
        match request.get_json(silent=True):
            case {"sdp": str(sdp), "mid": str(mid), **rest} if not rest:
                return jsonify(sdp=deps.checks.reach_media(bearer(), request.cookies, sdp, mid))
        raise AppError("bad_message", "Send an offer and the mid of its sound.")

    @pages.post("/api/check/ticket")
    def ticket() -> Response:
        caller = staff_calling(deps, STAFF)
        made = deps.checks.start_from_room(caller.launch, caller.role, request.cookies)
        return jsonify(address=f"{PATH}#{made}")

    return pages


def _are_origins(told: list[object]) -> bool:
    return len(told) <= MOST_ANCESTORS and all(
        isinstance(one, str) and len(one) <= _LONGEST_ORIGIN for one in told
    )
