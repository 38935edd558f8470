"""`/admin`: registrations, invitations, keys, people who are shut out, and the audit log.

Server-rendered and top-level only; every change is a form with a token and goes through `usecases`.
"""

from flask import Blueprint, Response, make_response, redirect, request

from lti_room.base.errors import AppError
from lti_room.web import errors
from lti_room.web.admin import add, gate, invitations, keys, log, people, registrations
from lti_room.web.deps import WebDeps

__all__ = ["blueprint"]


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes of `/admin`."""
    pages = Blueprint("admin", __name__, url_prefix="/admin")
    gate.guard(pages, deps)
    for part in (registrations, add, invitations, keys, people, log):
        part.add_routes(pages, deps)

    @pages.get("/enter")
    def enter() -> Response:
        return gate.door_page(left=request.args.get("done") == "left")

    @pages.post("/enter")
    def sign_in() -> Response:
        try:
            signed_in = deps.admin.entry.sign_in(request.form.get("code", ""), request.remote_addr or "")
        except AppError as error:
            return gate.door_page(status=errors.status_of(error), code=error.code)
        response = make_response(redirect("/admin", 303))
        gate.set_cookie(response, signed_in.secret)
        return response

    @pages.post("/leave")
    def leave() -> Response:
        deps.admin.entry.sign_out(gate.me())
        response = make_response(redirect("/admin/enter?done=left", 303))
        gate.set_cookie(response, "")
        return response

    return pages
