"""The one translator of errors into answers: a page for people, JSON for programs.

A page says what happened and what to do, and gives three lines for the support desk: code, reference, time.
Never a stack, never what somebody sent. The page's sentences come from `words` by the error's code;
its `message` is English and only for programs.
"""

import datetime
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import redis.exceptions
from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from lti_room.base import entropy, log
from lti_room.base.errors import AppError, StoreUnavailable
from lti_room.lti.errors import LaunchError
from lti_room.usecases.frames import checked_address
from lti_room.web import security, words
from lti_room.web.deps import WebDeps

_LOG: Final = log.logger("web.errors")


STATUS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("bad_request", "bad_message", "bad_host", "https_required"), 400),
    **dict.fromkeys(("ticket_invalid", "ticket_expired"), 401),
    **dict.fromkeys(("removed", "not_allowed", "line_item_foreign", "not_teaching"), 403),
    # Pages of the admin, and who was shut out by one.
    **dict.fromkeys(("admin_code", "admin_signed_out"), 401),
    **dict.fromkeys(("admin_form", "user_suspended", "check_not_allowed"), 403),
    **dict.fromkeys(("registration_unknown", "person_unknown"), 404),
    **dict.fromkeys(("registration_read_only", "already_registered", "person_ambiguous"), 409),
    # An LMS that registers itself: rows 114 to 120.
    **dict.fromkeys(("registration_incomplete", "url_not_allowed"), 400),
    "invitation_invalid": 403,
    "platform_unsuitable": 422,
    **dict.fromkeys(("platform_unreachable", "platform_malformed", "registration_declined"), 502),
    "admin_rate_limited": 429,
    "bad_deployment": 400,
    **dict.fromkeys(("not_found", "unknown_session", "unknown_person"), 404),
    **dict.fromkeys(("deep_link_over", "deep_link_not_yours"), 403),
    "method_not_allowed": 405,
    "deep_link_used": 409,
    **dict.fromkeys(("room_unknown", "bad_points"), 422),
    **dict.fromkeys(("draft_changed", "not_graded", "no_gradebook"), 409),
    "request_too_large": 413,
    **dict.fromkeys(("score_invalid", "bad_rules", "bad_lesson"), 422),
    "rate_limited": 429,
    **dict.fromkeys(("internal_error", "room_unreadable"), 500),
    **dict.fromkeys(("platform_token", "service_unreachable", "service_origin", "service_refused"), 502),
    **dict.fromkeys(("service_malformed", "too_many_pages"), 502),
    **dict.fromkeys(("store_unavailable", "busy"), 503),
}
"""Status of every error but those of launches, which bring their own. Any other code is a bad request."""

_HTTP_CODES: Final = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
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
        response = _answer(AppError(_HTTP_CODES.get(status, "bad_request"), f"{error.name}."), deps)
        if status == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        return _answer(AppError("internal_error", "Internal error."), deps, cause=error)


def _answer(error: AppError, deps: WebDeps, cause: Exception | None = None) -> Response:
    status = status_of(error)
    random = entropy.new_id("e").removeprefix("e_").upper()
    reference = f"{random[:4]}-{random[4:6]}"
    noted = {"code": error.code, "reference": reference}
    if status >= 500:
        _LOG.error("answered %s", status, exc_info=cause, extra=noted)
    else:
        _LOG.info("answered %s", status, extra=noted)
    if _wants_json():
        response = make_response(
            {"error": {"code": error.code, "message": error.message, "reference": reference}}
        )
    else:
        response = make_response(_page(error, status, reference, deps))
    response.status_code = status
    if status in _RETRY_AFTER_SECONDS:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS[status]
    return response


def status_of(error: AppError) -> int:
    """Return the HTTP status of an error."""
    return error.status if isinstance(error, LaunchError) else STATUS.get(error.code, STATUS["bad_request"])


def _page(error: AppError, status: int, reference: str, deps: WebDeps) -> str:
    # What a view allowed for its own page does not hold for this one.
    g.pop("policy", None)
    g.pop("opener_policy", None)
    if request.path.startswith("/lti/") or "launching" in g:
        # Before a launch is verified nobody knows who may frame it, and a blank frame helps nobody.
        security.allow(frame_ancestors="*")
    said = words.of_request().error(error.code)
    now = datetime.datetime.fromtimestamp(deps.clock.now(), datetime.UTC)
    return render_template(
        "errors/error.html",
        said=said,
        code=error.code,
        reference=reference,
        time=now,
        return_url=_way_back(error, said.advice, reference, deps),
        may_reload=request.method == "GET" and status >= 500,
    )


def _way_back(error: AppError, advice: str, reference: str, deps: WebDeps) -> str | None:
    """Return the course page's address, telling the platform what happened in the words LTI has for that."""
    known = error.return_url if isinstance(error, LaunchError) else None
    address = checked_address(known, development=deps.settings.development)
    if address is None:
        return None
    parts = urlsplit(address)
    said = urlencode({"lti_errormsg": advice, "lti_errorlog": f"{error.code} {reference}"})
    return urlunsplit(parts._replace(query=f"{parts.query}&{said}" if parts.query else said))


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.path.startswith("/api/") or best == "application/json"
