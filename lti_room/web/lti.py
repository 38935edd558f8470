"""`/lti/login`, `/lti/launch`, `/lti/jwks.json`. What is right is decided in `lti`."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.lti.launch import BrowserNotProven, LaunchRequest
from lti_room.lti.login import LoginAnswer, LoginCookie, LoginRequest
from lti_room.lti.login_store import cookie_name
from lti_room.lti.tool_keys import CACHE_SECONDS
from lti_room.lti.message import DeepLinkRequest
from lti_room.web import security
from lti_room.web.deps import WebDeps
from lti_room.web.room import redirect_into

_FRAMES: Final = frozenset({"iframe", "frame", "object", "embed"})


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the LTI routes."""
    pages = Blueprint("lti", __name__, url_prefix="/lti")

    @pages.route("/login", methods=["GET", "POST"])
    def login() -> Response:
        sent = request.form if request.method == "POST" else request.args
        answer = deps.lti.login(LoginRequest(fields=_fields(sent), address=_address(), framed=_is_framed()))
        response = _try_browser(answer) if answer.framed else _redirect(answer.redirect_url)
        _set(response, answer.cookie)
        return response

    @pages.post("/launch")
    def launch() -> Response:
        asked = LaunchRequest(
            fields=_fields(request.form),
            cookies=request.cookies,
            address=_address(),
            framed=_is_framed(),
        )
        try:
            verified = deps.lti.launch(asked)
        except BrowserNotProven as doubt:
            return _ask_for_proof(doubt)
        if isinstance(verified, DeepLinkRequest):
            raise LaunchError(LaunchErrorCode.MESSAGE_TYPE)
        response = redirect_into(deps.enter.enter(verified, request.cookies), deps)
        _set(response, LoginCookie(cookie_name(request.form["state"]), "", 0))
        return response

    @pages.get("/jwks.json")
    def jwks() -> Response:
        response = jsonify(deps.lti.jwks())
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        return response

    return pages


def _fields(sent: MultiDict[str, str]) -> dict[str, list[str]]:
    return {name: sent.getlist(name) for name in sent}


def _address() -> str:
    return request.remote_addr or ""


def _is_framed() -> bool:
    return request.headers.get("Sec-Fetch-Dest") in _FRAMES


def _redirect(url: str) -> Response:
    response = make_response(redirect(url, 302))
    # The default body repeats the address, with the person's hints in it.
    response.set_data(b"")
    return response


def _try_browser(answer: LoginAnswer) -> Response:
    """The step before the redirect inside a frame: what does this browser keep here?"""
    security.allow(frame_ancestors="*")
    return make_response(
        render_template(
            "lti/login.html",
            next=answer.redirect_url,
            storage=answer.storage,
            window=f"/lti/login?{urlencode(answer.again)}",
        )
    )


def _ask_for_proof(doubt: BrowserNotProven) -> Response:
    """No cookie came back into a frame: ask platform storage, else offer a window."""
    security.allow(frame_ancestors="*", form_action="'self'")
    return make_response(
        render_template(
            "lti/prove.html",
            state=doubt.state,
            id_token=request.form.get("id_token", ""),
            storage=doubt.storage,
            code=doubt.code,
            window=f"/lti/login?{urlencode(doubt.again)}",
        )
    )


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
