"""A course page of another site, and the login round between it and the tool, without the signatures.

What is real: the cross-site POST out of a frame, the state cookie, the 303, and everything that follows.
"""

import secrets
from urllib.parse import urlencode

from flask import Flask, Response, make_response, redirect, request

from lti_room.usecases.ticket import TicketKind
from lti_room.web import WebDeps
from lti_room.web.room import redirect_into
from tests.support import web


def course_pages(tool: str) -> Flask:
    """Return an LMS: `/course?people=a,b` frames one launch each, `/authorize` is its half of the login."""
    app = Flask("lms", static_folder=None)

    @app.get("/course")
    def course() -> str:
        frames = "".join(
            f'<iframe name="{person}" width="420" height="300" allow="camera; microphone" '
            f'src="{tool}/test/login?{urlencode({"sub": person})}"></iframe>'
            for person in request.args["people"].split(",")
        )
        return f"<!doctype html><title>Course</title>{frames}"

    @app.get("/authorize")
    def authorize() -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{request.args[name]}">' for name in ("state", "sub")
        )
        form = f'<form method="post" action="{tool}/test/launch">{hidden}</form>'
        return f"{form}<script>document.forms[0].submit()</script>"

    @app.get("/show")
    def show() -> str:
        """Frame any address: what somebody who may not, or a portal around the LMS, would do."""
        address = request.args["address"]
        return f'<!doctype html><iframe name="shown" width="800" height="500" src="{address}"></iframe>'

    @app.get("/elsewhere")
    def elsewhere() -> str:
        return "<!doctype html><p>Another page of the course"

    return app


def add_launches(app: Flask, deps: WebDeps, lms: str, told: list[str]) -> None:
    """Give the tool a login and a launch of this LMS, and what the socket would do for the page."""

    @app.get("/test/login")
    def login() -> Response:
        state = secrets.token_hex(8)
        answer = make_response(redirect(f"{lms}/authorize?{urlencode({'state': state, **request.args})}"))
        answer.set_cookie(
            f"__Host-lr-s-{state}", "proof", secure=True, httponly=True, samesite="None", partitioned=True
        )
        return answer

    @app.post("/test/launch")
    def launch() -> Response:
        proven = request.cookies.get(f"__Host-lr-s-{request.form['state']}") == "proof"
        sub = request.form["sub"]
        verified = web.a_launch(sub=sub, name=sub, cookie_proven=proven, frame_origins=(lms,))
        return redirect_into(deps.enter.enter(verified, request.cookies), deps)

    @app.post("/test/announce")
    def announce() -> Response:
        asked = request.get_json()
        ticket = deps.tickets.open(asked["ticket"], kind=TicketKind.WORKING, cookies=request.cookies)
        deps.handoff.announce_window(ticket, asked["hash"])
        return Response(status=204)

    @app.post("/test/told")
    def tell() -> Response:
        told.append(request.get_data(as_text=True))
        return Response(status=204)
