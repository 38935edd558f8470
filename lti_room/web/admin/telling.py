"""What an admin page says by itself: after a change, about a status, in the audit log."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from flask import Response, make_response, redirect, render_template, request

from lti_room.base.errors import AppError
from lti_room.lti.registrations.registration import Platform, RegistrationStatus
from lti_room.web import errors, words
from lti_room.web.words import Said

DONE: Final[Mapping[str, str]] = {
    "added": "admin.done.added",
    "approved": "admin.done.approved",
    "enabled": "admin.done.enabled",
    "disabled": "admin.done.disabled",
    "removed": "admin.done.removed",
    "saved": "admin.done.saved",
    "deployment_approved": "admin.done.deployment_approved",
    "deployment_refused": "admin.done.deployment_refused",
    "frame_allowed": "admin.done.frame_allowed",
    "frame_forgotten": "admin.done.frame_forgotten",
    "revoked": "admin.done.revoked",
    "rotated": "admin.done.rotated",
    "blocked": "admin.done.blocked",
    "unblocked": "admin.done.unblocked",
}
"""What a page says after a change; the word is in the address, so that a reload changes nothing again."""

STATUS: Final[Mapping[RegistrationStatus, tuple[str, str]]] = {
    RegistrationStatus.ACTIVE: ("admin.status.active", "admin.status.active.means"),
    RegistrationStatus.PENDING: ("admin.status.pending", "admin.status.pending.means"),
    RegistrationStatus.DISABLED: ("admin.status.disabled", "admin.status.disabled.means"),
}
PLATFORMS: Final[Mapping[Platform, str]] = {
    Platform.CANVAS: "Canvas",
    Platform.MOODLE: "Moodle",
    Platform.SAKAI: "Sakai",
    Platform.OTHER: "LTI 1.3",
}
WHAT: Final[Mapping[str, str]] = {
    "admin_link_made": "admin.what.link_made",
    "admin_signed_in": "admin.what.signed_in",
    "admin_signed_out": "admin.what.signed_out",
    "registration_added": "admin.what.added",
    "registration_changed": "admin.what.changed",
    "registration_approved": "admin.what.approved",
    "registration_enabled": "admin.what.enabled",
    "registration_disabled": "admin.what.disabled",
    "registration_removed": "admin.what.removed",
    "deployment_approved": "admin.what.deployment_approved",
    "deployment_refused": "admin.what.deployment_refused",
    "frame_ancestor_allowed": "admin.what.frame_allowed",
    "frame_ancestor_forgotten": "admin.what.frame_forgotten",
    "key_rotated": "admin.what.key_rotated",
    "invitation_made": "admin.what.invitation_made",
    "invitation_used": "admin.what.invitation_used",
    "invitation_revoked": "admin.what.invitation_revoked",
    "person_blocked": "admin.what.blocked",
    "person_unblocked": "admin.what.unblocked",
    "person_exported": "admin.what.exported",
    "person_erased": "admin.what.erased",
}
_BAD_MEMBER: Final[Mapping[str, str]] = {
    "roles": "admin.bad.roles",
    "frame_origins": "admin.bad.frame_origins",
    "retention_days": "admin.bad.retention_days",
    "auth_login_url": "admin.bad.address",
    "auth_token_url": "admin.bad.address",
    "jwks_url": "admin.bad.address",
    "address": "admin.bad.address",
    "client_id": "admin.bad.text",
    "issuer": "admin.bad.text",
    "name": "admin.bad.text",
}


def moment(at: float) -> datetime.datetime:
    """Return a time as templates print it: UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def page(template: str, section: str, *, error: AppError | None = None, **values: Any) -> Response:
    """Return an admin page; an error is said in place, at its top, with its status."""
    language = words.of_request()
    done = DONE.get(request.args.get("done", ""))
    response = make_response(
        render_template(
            f"admin/{template}.html",
            section=section,
            trouble=said(error) if error else None,
            done=language.say(done) if done and not error else None,
            **values,
        )
    )
    if error:
        response.status_code = errors.status_of(error)
    return response


def after(address: str, done: str) -> Response:
    """Return the way on after a change (303: a reload does not change anything again)."""
    return make_response(redirect(f"{address}?done={done}", 303))


def said(error: AppError) -> Said:
    """Return what an error says at the top of an admin page; a malformed member is named."""
    language = words.of_request()
    if error.code != "bad_setting":
        return language.error(error.code)
    key = next((key for member, key in _BAD_MEMBER.items() if f"{member}" in error.message), "admin.bad.text")
    return Said(language.say("admin.bad.title"), language.say(key))
