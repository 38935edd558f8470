"""People who are shut out, by registration; and how to export or erase somebody's data."""

import datetime
from typing import NamedTuple

from flask import Blueprint, Response, request

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.web.admin.gate import me
from lti_room.web.admin.telling import after, moment, page
from lti_room.web.deps import WebDeps


class Shown(NamedTuple):
    """Somebody who is shut out."""

    registration: str
    school: str
    participant: ParticipantId
    name: str
    since: datetime.datetime


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin/people` on the blueprint."""

    @pages.get("/people")
    def people() -> Response:
        return _page(deps)

    @pages.post("/people/block")
    def block() -> Response:
        registration, who = request.form.get("registration", ""), request.form.get("who", "").strip()
        try:
            deps.administration.get(registration)
            found = deps.admin.privacy.find(registration, who)
        except AppError as error:
            return _page(deps, error)
        deps.admin.blocks.block(registration, found, by=me().by)
        return after("/admin/people", "blocked")

    @pages.post("/people/unblock")
    def unblock() -> Response:
        participant = ParticipantId(request.form.get("participant", ""))
        deps.admin.blocks.unblock(request.form.get("registration", ""), participant, by=me().by)
        return after("/admin/people", "unblocked")


def _page(deps: WebDeps, error: AppError | None = None) -> Response:
    registrations = deps.administration.all()
    shown: list[Shown] = []
    for one in registrations:
        blocked = deps.admin.blocks.of(one.id)
        names = deps.people.names(one.id, [who.participant for who in blocked])
        for who in blocked:
            name = names[who.participant]
            shown.append(Shown(one.id, one.name, who.participant, name, moment(who.since)))
    return page(
        "people", "people", error=error, blocked=shown, registrations=registrations, typed=request.form
    )
