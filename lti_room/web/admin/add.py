"""Registering an LMS by hand: what to type there, and a form that derives its addresses here."""

from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from lti_room.base.errors import AppError
from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.platform_addresses import entry_for
from lti_room.lti.registrations.registration import Platform, Registration
from lti_room.web import words
from lti_room.web.admin.gate import me
from lti_room.web.admin.telling import PLATFORMS, after, page
from lti_room.web.deps import WebDeps

_HINTS: Final = {
    Platform.CANVAS: "admin.add.canvas.address",
    Platform.MOODLE: "admin.add.moodle.address",
    Platform.SAKAI: "admin.add.sakai.address",
    Platform.OTHER: "admin.add.address",
}
_TYPED: Final = {
    Platform.CANVAS: (),
    Platform.MOODLE: (),
    Platform.SAKAI: ("auth_token_url",),
    Platform.OTHER: ("issuer", "auth_login_url", "auth_token_url", "jwks_url"),
}
"""Members of the entry that are typed as they are."""


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin/add` on the blueprint."""

    @pages.get("/add")
    def add() -> Response:
        return _page(deps, None)

    @pages.get("/add/<kind>")
    def add_kind(kind: str) -> Response:
        return _page(deps, _platform(kind))

    @pages.post("/add/<kind>")
    def add_now(kind: str) -> Response:
        platform = _platform(kind)
        try:
            made = _registration(platform, deps)
            deps.administration.add(made, by=me().by)
        except AppError as error:
            return _page(deps, platform, error)
        return after(f"/admin/registrations/{made.id}", "added")


def _platform(kind: str) -> Platform:
    try:
        return Platform(kind)
    except ValueError:
        raise NotFound from None


def _page(deps: WebDeps, platform: Platform | None, error: AppError | None = None) -> Response:
    language, own = words.of_request(), deps.settings.public_url
    ours = [
        (language.say("admin.add.login"), f"{own}/lti/login"),
        (language.say("admin.add.launch"), f"{own}/lti/launch"),
        (language.say("admin.add.keyset"), f"{own}/lti/jwks.json"),
    ]
    return page(
        "add",
        "registrations",
        error=error,
        kinds=[(str(one), word) for one, word in PLATFORMS.items()],
        platform=str(platform) if platform else "",
        ours=ours,
        typed=request.form,
        address_hint=language.say(_HINTS[platform]) if platform else "",
    )


def _registration(platform: Platform, deps: WebDeps) -> Registration:
    sent = {name: value.strip() for name, value in request.form.items()}
    entry: dict[str, Any] = {
        "name": sent.get("name", ""),
        "platform": str(platform),
        "client_id": sent.get("client_id", ""),
    }
    if platform is not Platform.OTHER:
        entry |= entry_for(platform, sent.get("address", ""))
    entry |= {name: sent.get(name, "") for name in _TYPED[platform]}
    if sent.get("deployment"):
        entry["deployments"] = [sent["deployment"]]
    development = deps.settings.development
    try:
        return from_mapping(entry, development=development)
    except SettingsError as error:
        # Its sentence begins with the name, in which anything may stand.
        raise SettingsError(error.message.rpartition(": ")[2]) from None
