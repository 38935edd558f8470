"""`/lti/register` and `/lti/canvas.json`: how an LMS is connected, by invitation or by hand.

The pages are made to work inside an LMS's frame without cookies. None of them holds a secret of ours; the
LMS's own token goes from its address into the page's form and back, and nowhere else.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from lti_room.lti.registrations.errors import RegistrationErrorCode, RegistrationFailed
from lti_room.lti.registrations.registration import RegistrationStatus
from lti_room.lti.registrations.tool_configuration import LMS_NAMES, SAKAI_PROPERTIES, manual_values
from lti_room.usecases.administering.register_platform import RegistrationRequest
from lti_room.web import security
from lti_room.web.deps import WebDeps

_ACCEPTED: Final = 202


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes."""
    pages = Blueprint("register", __name__, url_prefix="/lti")

    @pages.context_processor
    def known() -> dict[str, object]:
        return {"names": LMS_NAMES, "sakai_properties": SAKAI_PROPERTIES}

    @pages.get("/register")
    def connect() -> Response:
        asked = _asked(request.args)
        if asked.configuration_url:
            return _offered(asked)
        if not asked.code and "invitation" not in request.args:
            return _connect("", 200)
        deps.invitations.look(asked.code)
        # Somebody opened the address that belongs into the LMS: row 114, and a way out of it.
        return _connect(f"{deps.settings.public_url}/lti/register?invitation={asked.code}", 400)

    @pages.post("/register")
    def register() -> Response:
        done = deps.register.register(_asked(request.form))
        _allow_frames()
        response = make_response(
            render_template(
                "lti/register/done.html",
                done=done,
                lms=done.platform.platform,
                active=done.registration.status is RegistrationStatus.ACTIVE,
                held=not done.registration.deployments and not done.registration.approve_first_deployment,
                **_missing(done.missing),
            )
        )
        response.status_code = 200 if done.registration.status is RegistrationStatus.ACTIVE else _ACCEPTED
        return response

    @pages.get("/canvas.json")
    def canvas() -> Response:
        return jsonify(deps.register.tool.canvas_key())

    def _offered(asked: RegistrationRequest) -> Response:
        offer = deps.register.offer(asked)
        _allow_frames()
        return make_response(
            render_template("lti/register/offer.html", asked=asked, offer=offer, platform=offer.platform)
        )

    def _connect(address: str, status: int) -> Response:
        if address:
            _allow_frames()
        values = manual_values(deps.register.tool)
        page = render_template("lti/register/connect.html", address=address, values=values)
        return make_response(page, status)

    return pages


def _asked(sent: MultiDict[str, str]) -> RegistrationRequest:
    """Read the three parameters, each given once at most.

    Raises:
        RegistrationFailed: one is given twice.
    """
    names = ("invitation", "openid_configuration", "registration_token")
    if any(len(sent.getlist(name)) > 1 for name in names):
        raise RegistrationFailed(RegistrationErrorCode.INCOMPLETE)
    code, url, token = (sent.get(name, "") for name in names)
    return RegistrationRequest(code, url, token)


def _allow_frames() -> None:
    # The LMS shows these pages in a frame, and nobody knows yet which LMS it is.
    security.allow(frame_ancestors="*", form_action="'self'")


def _missing(scopes: Sequence[str]) -> dict[str, bool]:
    return {
        "no_names": any("/lti-nrps/" in scope for scope in scopes),
        "no_grades": any(scope.endswith(("/score", "/lineitem")) for scope in scopes),
    }
