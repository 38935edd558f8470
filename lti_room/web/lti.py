"""`/lti/login`, `/lti/launch`, `/lti/jwks.json`. What is right is decided in `lti`."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request
from werkzeug.datastructures import MultiDict

from lti_room.base.errors import AppError
from lti_room.lti.addresses import LAUNCH_PATH
from lti_room.lti.launching.launch import BrowserNotProven, Launch, LaunchRequest
from lti_room.lti.launching.login import LoginCookie, LoginRequest
from lti_room.lti.launching.login_store import cookie_name
from lti_room.lti.launching.message import DeepLinkRequest
from lti_room.lti.tool_keys import CACHE_SECONDS
from lti_room.usecases.frames import origin_of
from lti_room.usecases.people import participant_id
from lti_room.web import lti_pages
from lti_room.web.check import is_check, redirect_to_check
from lti_room.web.deep_link import redirect_to_deep_link
from lti_room.web.deps import WebDeps
from lti_room.web.room import address_of, redirect_into

_FRAMES: Final = frozenset({"iframe", "frame", "object", "embed"})
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_ANCESTORS: Final = 16
_LONGEST_ORIGIN: Final = 255


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the LTI routes."""
    pages = Blueprint("lti", __name__, url_prefix="/lti")

    @pages.route("/login", methods=["GET", "POST"])
    def login() -> Response:
        sent = request.form if request.method == "POST" else request.args
        answer = deps.lti.login(LoginRequest(fields=_fields(sent), address=_address(), framed=_is_framed()))
        if answer.tried:
            response = lti_pages.try_browser(answer, development=deps.settings.development)
        else:
            response = _redirect(answer.redirect_url)
        _set(response, answer.cookie)
        return response

    @pages.post("/ancestors")
    def ancestors() -> Response:
        """The login page tells what it is shown in (hand-off rule 12)."""
        match request.get_json(silent=True):
            case {"state": str(state), "ancestors": list(origins)} if _are_origins(origins):
                deps.lti.note_login_ancestors(state, origins)
                return Response(status=204)
        raise AppError("bad_message", "Send the state of a login and the origins around its frame.")

    @pages.post("/launch")
    def launch() -> Response:
        return _launched(deps)

    @pages.before_app_request
    def launch_at_the_links_own_address() -> Response | None:
        """Sakai posts the message to its link's address where it does not find ours in its list."""
        if request.method != "POST" or request.mimetype != _FORM or request.path == LAUNCH_PATH:
            return None
        is_answer = "state" in request.form and ("id_token" in request.form or "error" in request.form)
        return _launched(deps) if is_answer else None

    @pages.get("/jwks.json")
    def jwks() -> Response:
        response = jsonify(deps.lti.jwks())
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        return response

    return pages


def _launched(deps: WebDeps) -> Response:
    g.launching = True
    asked = LaunchRequest(
        fields=_fields(request.form), cookies=request.cookies, address=_address(), framed=_is_framed()
    )
    try:
        verified = deps.lti.launch(asked)
    except BrowserNotProven as doubt:
        return lti_pages.ask_for_proof(doubt, request.form.get("id_token", ""))
    deps.admin.blocks.check(verified.registration_id, participant_id(verified.registration_id, verified.sub))
    if isinstance(verified, DeepLinkRequest):
        response = redirect_to_deep_link(verified, deps)
    elif is_check(verified):
        response = redirect_to_check(verified, deps)
    else:
        response = _into_room(verified, deps)
    _set(response, LoginCookie(cookie_name(request.form["state"]), "", 0))
    return response


def _into_room(launch: Launch, deps: WebDeps) -> Response:
    if not launch.ancestors:
        return redirect_into(deps.enter.enter(launch, request.cookies), deps)
    # A window of its own does not have this frame's cookies: its ticket must not be bound to them.
    entered = deps.enter.enter(replace(launch, cookie_proven=False), {})
    outside = deps.frames.outside(entered.room, launch.ancestors)
    if not outside:
        return redirect_into(entered, deps)
    for origin in outside:
        if origin_of(origin, development=deps.settings.development):
            deps.lti.note_frame_ancestor(launch.registration_id, origin)
    return lti_pages.shown_outside(outside, address_of(entered))


def _fields(sent: MultiDict[str, str]) -> dict[str, list[str]]:
    return {name: sent.getlist(name) for name in sent}


def _address() -> str:
    return request.remote_addr or ""


def _is_framed() -> bool:
    return request.headers.get("Sec-Fetch-Dest") in _FRAMES


def _are_origins(origins: list[object]) -> bool:
    return len(origins) <= _MOST_ANCESTORS and all(
        isinstance(one, str) and len(one) <= _LONGEST_ORIGIN for one in origins
    )


def _redirect(url: str) -> Response:
    response = make_response(redirect(url, 302))
    # The default body repeats the address, with the person's hints in it.
    response.set_data(b"")
    return response


def _set(response: Response, cookie: LoginCookie) -> None:
    response.set_cookie(
        cookie.name,
        cookie.value,
        max_age=cookie.seconds,
        path="/",
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )
