"""What a person may see between the course page and the room: mostly nothing, for half a second."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Response, make_response, render_template

from lti_room.lti.launching.launch import BrowserNotProven
from lti_room.lti.launching.login import LoginAnswer
from lti_room.usecases.frames import origin_of
from lti_room.web import security


def try_browser(answer: LoginAnswer, *, development: bool) -> Response:
    """Return the step before the redirect: what does this browser keep here?"""
    security.allow(frame_ancestors="*")
    known = (origin_of(address, development=development) for address in answer.frame_origins)
    return make_response(
        render_template(
            "lti/login.html",
            next=answer.redirect_url,
            state=answer.state,
            known=sorted({origin for origin in known if origin}),
            storage=answer.storage,
            window=_login_address(answer.again),
        )
    )


def ask_for_proof(doubt: BrowserNotProven, id_token: str) -> Response:
    """Return the step for a launch without its cookie: ask platform storage, else offer what is left."""
    security.allow(frame_ancestors="*", form_action="'self'")
    return make_response(
        render_template(
            "lti/prove.html",
            state=doubt.state,
            id_token=id_token,
            storage=doubt.storage,
            # Without a named frame it is worth a try, and nothing to wait for.
            may_be_kept=doubt.storage is not None and doubt.storage.target != "",
            code=doubt.code,
            window=_login_address(doubt.again),
        )
    )


def shown_outside(origins: Sequence[str], address: str) -> Response:
    """Return the page for a frame inside pages that may not show the room (hand-off rule 12).

    Args:
        origins: of these pages; the nearest comes first.
        address: of the room, with a ticket for a window of its own.
    """
    security.allow(frame_ancestors="*")
    place = next((origin for origin in origins if origin != "null"), None)
    response = make_response(render_template("lti/outside.html", place=place, window=address))
    response.status_code = 403
    return response


def _login_address(again: Mapping[str, str] | None) -> str | None:
    return f"/lti/login?{urlencode(again)}" if again is not None else None
