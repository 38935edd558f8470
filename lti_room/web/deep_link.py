"""`/lti/deep-link`: an instructor picks or makes a room, and the browser posts the answer to the LMS.

The page comes by GET and knows nothing; its ticket comes in the fragment and goes on in forms, never in an
address. What is right is decided in `usecases.deep_link`.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, make_response, render_template, request

from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.lti.claim_values import policy_source
from lti_room.lti.launching.message import DeepLinkRequest
from lti_room.usecases.deep_link import DeepLinks, FormPost, Pending
from lti_room.web import room_form, security, words
from lti_room.web.deps import WebDeps
from lti_room.web.room_form import MODES, RoomForm

_ICON: Final = "/static/lasting/img/room.svg"
"""Kept by the LMS for years: any build answers this address."""


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes of deep linking."""
    pages = Blueprint("deep_link", __name__)
    links = deps.deep_links

    @pages.get("/lti/deep-link")
    def shell() -> Response:
        security.allow(frame_ancestors="*", form_action="'self'")
        return make_response(render_template("deep_link/open.html"))

    @pages.post("/lti/deep-link")
    def step() -> Response:
        ticket, cookies = request.form.get("ticket", ""), request.cookies
        match request.form.get("step"):
            case "open":
                opened = links.open(ticket, cookies)
                response = _page(opened.pending, opened.ticket_text, deps)
                security.bind(response, opened.cookie_to_set, deps.settings)
                return response
            case "place":
                return _place(links.pending(ticket, cookies), ticket, deps)
            case "cancel":
                return _give_up(links.pending(ticket, cookies), links)
        raise AppError("bad_request", "Say what to do: open, place or cancel.")

    return pages


def redirect_to_deep_link(message: DeepLinkRequest, deps: WebDeps) -> Response:
    """Return the answer to a verified deep linking request: `303 /lti/deep-link#<ticket>`."""
    started = deps.deep_links.start(message, request.cookies)
    response = Response(status=303)
    response.headers["Location"] = f"/lti/deep-link#{started.ticket_text}"
    security.bind(response, started.cookie_to_set, deps.settings)
    return response


def _page(pending: Pending, ticket: str, deps: WebDeps) -> Response:
    if not pending.settings.takes_rooms:
        _allow(pending)
        return make_response(render_template("deep_link/none.html", ticket=ticket))
    course = pending.launch.course.title
    title = pending.settings.title or course or words.of_request().say("page.room")
    return _form(pending, ticket, RoomForm(title=title, seats=str(deps.settings.stage_seats)), deps)


def _form(pending: Pending, ticket: str, form: RoomForm, deps: WebDeps) -> Response:
    _allow(pending)
    page = render_template(
        "deep_link/form.html",
        ticket=ticket,
        form=form,
        course=pending.launch.course.title,
        rooms=deps.deep_links.rooms(pending),
        modes=MODES,
        may_grade=pending.settings.accept_line_item,
        early_minutes=deps.settings.early_entry_seconds // 60,
    )
    return make_response(page, 422 if form.errors else 200)


def _place(pending: Pending, ticket: str, deps: WebDeps) -> Response:
    form = room_form.read(request.form)
    if form.errors:
        return _form(pending, ticket, form, deps)
    item = {
        "text": words.of_request().say("deep_link.item"),
        "icon_url": deps.settings.public_url + _ICON,
    }
    if form.again and form.room not in {room.id for room in deps.deep_links.rooms(pending)}:
        return _form(pending, ticket, replace(form, errors={"room": "deep_link.wrong.room"}), deps)
    if form.again:
        return _back(deps.deep_links.place_again(pending, RoomId(form.room), **item))
    plan = form.plan(pending.launch.course.title, deps.settings.early_entry_seconds)
    return _back(deps.deep_links.place_new(pending, plan, form.grading(), **item))


def _give_up(pending: Pending, links: DeepLinks) -> Response:
    """Canvas takes a GET with a sentence; the others take an answer without items."""
    said = words.of_request().say("deep_link.cancelled")
    post = links.cancel(pending, said)
    if pending.course_page is None:
        return _back(post)
    parts = urlsplit(pending.course_page)
    query = "&".join(part for part in (parts.query, urlencode({"lti_msg": said})) if part)
    response = Response(status=303)
    # The empty fragment keeps the page's own, if any, from travelling on.
    response.headers["Location"] = f"{urlunsplit(parts._replace(query=query, fragment=''))}#"
    return response


def _back(post: FormPost) -> Response:
    security.allow(frame_ancestors="*", form_action=policy_source(post.url))
    return make_response(render_template("deep_link/back.html", post=post))


def _allow(pending: Pending) -> None:
    """Only pages of this LMS may show the form: whoever frames it could lead its clicks.

    Giving up may redirect to the LMS, and browsers hold a form's redirects to `form-action` too.
    """
    home = policy_source(pending.settings.return_url)
    security.allow_frames((*pending.frame_origins, home))
    security.allow(form_action=f"'self' {home}")
