"""The one translator of errors into answers: a page for people, JSON for programs.

A page says what happened and what to do, and gives three lines for the support desk: code, reference, time.
Never a stack, never what somebody sent.
"""

import datetime
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

import redis.exceptions
from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from lti_room.base import entropy, log
from lti_room.base.errors import AppError, StoreUnavailable
from lti_room.lti.errors import LaunchError
from lti_room.usecases.frames import checked_address
from lti_room.web import security
from lti_room.web.deps import WebDeps

_LOG: Final = log.logger("web.errors")

_AGAIN: Final = "Open the room again from your course"
_NOT_OPENED: Final = "The room could not be opened"
_SETUP: Final = "The room is not set up correctly in your course"


class _Words(NamedTuple):
    status: int
    title: str


def _rows(*rows: tuple[int, str, str]) -> dict[str, _Words]:
    return {code: _Words(status, title) for status, title, codes in rows for code in codes.split()}


WORDS: Final[Mapping[str, _Words]] = _rows(
    (400, _NOT_OPENED, "bad_request bad_message bad_host https_required"),
    (401, _AGAIN, "ticket_invalid ticket_expired"),
    (403, "This room is not open for you", "removed not_allowed"),
    (404, "There is nothing here", "not_found"),
    (405, "There is nothing here", "method_not_allowed"),
    (413, "That was too much at once", "request_too_large"),
    (500, "Something went wrong here", "internal_error"),
    (503, "The room service is busy", "store_unavailable"),
)
"""Status and title of every error but those of launches, which bring their own status."""

LAUNCH_TITLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("platform_error", "token_expired", "token_too_old", "browser_not_proven"), _AGAIN),
    **dict.fromkeys(("platform_unknown", "client_id_required", "bad_target_link_uri"), _SETUP),
    **dict.fromkeys(("lti_version", "message_type", "deployment_missing", "deployment_mismatch"), _SETUP),
    **dict.fromkeys(("resource_link_missing", "sub_missing", "roles_missing", "claim_missing"), _SETUP),
    **dict.fromkeys(("jwks_unreachable", "jwks_malformed"), "Your course system could not be reached"),
    "state_unknown_or_used": "This link has already been used",
    "cookies_blocked": "Open the room in its own window",
    "deployment_unknown": "The room is waiting for approval",
    "registration_disabled": "The room is switched off in your course system",
    "rate_limited": "Too many people at once",
}
"""Titles of launch errors that can say more than "The room could not be opened"."""

_HTTP_CODES: Final = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
}
_HTTP_ADVICE: Final = {
    404: "Go back to your course and open the room there.",
    405: "Go back to your course and open the room there.",
    413: "Your browser sent more than the room accepts. Open the room again from your course.",
}
_RETRY_AFTER_SECONDS: Final = {429: "10", 503: "2"}


def install(app: Flask, deps: WebDeps) -> None:
    """Answer every error of every view."""

    @app.errorhandler(AppError)
    def expected(error: AppError) -> Response:
        return _answer(error, deps)

    @app.errorhandler(redis.exceptions.RedisError)
    def store_lost(error: redis.exceptions.RedisError) -> Response:
        _LOG.warning("Redis did not answer: %s", type(error).__name__)
        return _answer(StoreUnavailable(), deps)

    @app.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> Response:
        status = error.code or 500
        advice = _HTTP_ADVICE.get(status, "Go back to your course and open the room again.")
        response = _answer(AppError(_HTTP_CODES.get(status, "bad_request"), advice), deps)
        if status == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        return _answer(AppError("internal_error", "Try again in a moment."), deps, cause=error)


def _answer(error: AppError, deps: WebDeps, cause: Exception | None = None) -> Response:
    words = _words(error)
    random = entropy.new_id("e").removeprefix("e_").upper()
    reference = f"{random[:4]}-{random[4:6]}"
    noted = {"code": error.code, "reference": reference}
    if words.status >= 500:
        _LOG.error("answered %s", words.status, exc_info=cause, extra=noted)
    else:
        _LOG.info("answered %s", words.status, extra=noted)
    if _wants_json():
        response = make_response(
            {"error": {"code": error.code, "message": error.message, "reference": reference}}
        )
    else:
        response = make_response(_page(error, words, reference, deps))
    response.status_code = words.status
    if words.status in _RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS[words.status]
    return response


def _words(error: AppError) -> _Words:
    if isinstance(error, LaunchError):
        return _Words(error.status, LAUNCH_TITLES.get(error.code, _NOT_OPENED))
    return WORDS.get(error.code, WORDS["bad_request"])


def _page(error: AppError, words: _Words, reference: str, deps: WebDeps) -> str:
    # What a view allowed for its own page does not hold for this one.
    g.pop("policy", None)
    g.pop("opener_policy", None)
    if request.path.startswith("/lti/"):
        # Before a launch is verified nobody knows who may frame it, and a blank frame helps nobody.
        security.allow(frame_ancestors="*")
    now = datetime.datetime.fromtimestamp(deps.clock.now(), datetime.UTC)
    return render_template(
        "errors/error.html",
        title=words.title,
        advice=error.message,
        code=error.code,
        reference=reference,
        time=now,
        return_url=_way_back(error, reference, deps),
        may_reload=request.method == "GET" and words.status >= 500,
    )


def _way_back(error: AppError, reference: str, deps: WebDeps) -> str | None:
    """Return the course page's address, telling the platform what happened in the words LTI has for that."""
    known = error.return_url if isinstance(error, LaunchError) else None
    address = checked_address(known, development=deps.settings.development)
    if address is None:
        return None
    parts = urlsplit(address)
    said = urlencode({"lti_errormsg": error.message, "lti_errorlog": f"{error.code} {reference}"})
    return urlunsplit(parts._replace(query=f"{parts.query}&{said}" if parts.query else said))


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.path.startswith("/api/") or best == "application/json"
