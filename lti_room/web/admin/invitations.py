"""Invitations for dynamic registration: made, listed, revoked."""

import datetime
from typing import Final, NamedTuple

from flask import Blueprint, Response, request

from lti_room.base.errors import AppError
from lti_room.usecases.administering.registration_invitations import InvitationTerms
from lti_room.web.admin.gate import me
from lti_room.web.admin.telling import after, moment, page
from lti_room.web.deps import WebDeps

_TERMS: Final = ("trusted", "approve_first_deployment", "private_network")
"""What an invitation may allow without asking again, as its form and `InvitationTerms` name it."""


class Shown(NamedTuple):
    """An invitation nobody has used yet."""

    id: str
    note: str
    until: datetime.datetime


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin/invitations` on the blueprint."""

    @pages.get("/invitations")
    def invitations() -> Response:
        return _page(deps)

    @pages.post("/invitations")
    def invite() -> Response:
        # Shown in the answer itself: its address is kept nowhere, so it cannot be shown again.
        try:
            code = deps.administration.invite(
                request.form.get("note", "").strip(), by=me().by, terms=_terms()
            )
        except AppError as error:
            return _page(deps, error=error)
        return _page(deps, made=f"{deps.settings.public_url}/lti/register?invitation={code}")

    @pages.post("/invitations/revoke")
    def revoke() -> Response:
        try:
            deps.administration.revoke_invitation(request.form.get("invitation", ""), by=me().by)
        except AppError as error:
            return _page(deps, error=error)
        return after("/admin/invitations", "revoked")


def _terms() -> InvitationTerms:
    return InvitationTerms(**{name: name in request.form for name in _TERMS})


def _page(deps: WebDeps, *, made: str = "", error: AppError | None = None) -> Response:
    waiting = [Shown(one.id, one.note, moment(one.until)) for one in deps.administration.invitations()]
    typed = request.form if error else {}
    return page("invitations", "invitations", error=error, invitations=waiting, made=made, typed=typed)
