"""The list of registrations, and one registration with all that can be changed about it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from lti_room.base.errors import AppError
from lti_room.lti.registrations.registration import Registration
from lti_room.usecases.administering.administration import Administration
from lti_room.web.admin.gate import me
from lti_room.web.admin.rows import row_of
from lti_room.web.admin.telling import after, page
from lti_room.web.deps import WebDeps

Deed = Callable[[Administration, str, str], None]

_STATES: Final[Mapping[str, tuple[Deed, str]]] = {
    "approve": (lambda admin, which, by: admin.approve(which, by=by), "approved"),
    "enable": (lambda admin, which, by: admin.enable(which, by=by), "enabled"),
    "disable": (lambda admin, which, by: admin.disable(which, by=by), "disabled"),
}


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin` and `/admin/registrations/…` on the blueprint."""

    @pages.get("")
    def registrations() -> Response:
        latest = deps.launches.latest()
        every = deps.administration.all()
        rows = [row_of(one, deps, latest.get(one.id)) for one in every]
        return page("registrations", "registrations", rows=rows)

    @pages.get("/registrations/<which>")
    def registration(which: str) -> Response:
        return _one(deps, which)

    for name, (deed, done) in _STATES.items():
        _route(pages, deps, name, deed, done)
    _route(pages, deps, "deployment/approve", _approve_deployment, "deployment_approved")
    _route(pages, deps, "deployment/refuse", _refuse_deployment, "deployment_refused")
    _route(pages, deps, "frame/allow", _allow_frame, "frame_allowed")
    _route(pages, deps, "frame/forget", _forget_frame, "frame_forgotten")
    _route(pages, deps, "edit", _edit, "saved")

    @pages.get("/registrations/<which>/remove")
    def remove(which: str) -> Response:
        return _removal(deps, which)

    @pages.post("/registrations/<which>/remove")
    def remove_now(which: str) -> Response:
        if request.form.get("sure") != "1":
            return _removal(deps, which)
        try:
            deps.administration.remove(which, by=me().by)
        except AppError as error:
            return _one(deps, which, error)
        return after("/admin", "removed")


def _route(pages: Blueprint, deps: WebDeps, name: str, deed: Deed, done: str) -> None:
    def change(which: str) -> Response:
        try:
            deed(deps.administration, which, me().by)
        except AppError as error:
            return _one(deps, which, error)
        return after(f"/admin/registrations/{which}", done)

    pages.add_url_rule(f"/registrations/<which>/{name}", name.replace("/", "_"), change, methods=["POST"])


def _one(deps: WebDeps, which: str, error: AppError | None = None) -> Response:
    found = deps.administration.get(which)
    row = row_of(found, deps, deps.launches.latest().get(which))
    edited = request.form if error and "roles" in request.form else _members(found)
    values = {"row": row, "edited": edited, "file": deps.settings.registrations or "LTI_ROOM_REGISTRATIONS"}
    return page("registration", "registrations", error=error, **values)


def _removal(deps: WebDeps, which: str) -> Response:
    row = row_of(deps.administration.get(which), deps, None)
    if row.read_only:
        return _one(deps, which)
    lost = deps.admin.privacy.count(which)
    return page("remove", "registrations", row=row, rooms=lost.rooms, people=lost.people)


def _members(found: Registration) -> dict[str, Any]:
    return {
        "name": found.name,
        "frame_origins": "\n".join(found.frame_origins),
        "learn_frame_origins": found.learn_frame_origins,
        "roles": "\n".join(f"{role} = {result}" for role, result in found.roles.overrides.items()),
        "retention_days": "" if found.retention_days is None else found.retention_days,
    }


def _edit(admin: Administration, which: str, by: str) -> None:
    sent = request.form
    changes: dict[str, Any] = {
        "name": sent.get("name", "").strip(),
        "frame_origins": sent.get("frame_origins", "").split(),
        "learn_frame_origins": "learn_frame_origins" in sent,
        "roles": _roles(sent.get("roles", "")),
        "retention_days": _days(sent.get("retention_days", "").strip()),
    }
    admin.update(which, changes, by=by)


def _roles(typed: str) -> dict[str, str]:
    pairs = (line.rpartition("=") for line in typed.splitlines() if line.strip())
    return {role.strip(): result.strip() for role, _, result in pairs}


def _days(typed: str) -> int | str | None:
    """A word that is no number is handed on: whoever checks it says so."""
    return None if not typed else int(typed) if typed.isdecimal() and typed.isascii() else typed


def _approve_deployment(admin: Administration, which: str, by: str) -> None:
    admin.approve_deployment(which, _deployment(), by=by)


def _refuse_deployment(admin: Administration, which: str, by: str) -> None:
    admin.refuse_deployment(which, _deployment(), by=by)


def _allow_frame(admin: Administration, which: str, by: str) -> None:
    admin.allow_frame_ancestor(which, request.form.get("origin", ""), by=by)


def _forget_frame(admin: Administration, which: str, by: str) -> None:
    admin.forget_frame_ancestor(which, request.form.get("origin", ""), by=by)


def _deployment() -> str:
    """Return the deployment of a form (core 1.3 section 3.1.3: at most 255 ASCII characters).

    Raises:
        AppError: `bad_deployment`.
    """
    sent = request.form.get("deployment", "").strip()
    if not 0 < len(sent) <= 255 or not sent.isascii() or not sent.isprintable():
        raise AppError("bad_deployment", "A deployment id has 1 to 255 ASCII characters.")
    return sent
