"""The audit log, newest first."""

import datetime
from typing import Final, NamedTuple

from flask import Blueprint, Response

from lti_room.usecases.administering.audit import AuditEntry
from lti_room.web import words
from lti_room.web.admin.telling import WHAT, moment, page
from lti_room.web.deps import WebDeps

_MOST: Final = 200


class Shown(NamedTuple):
    """One entry as it is read."""

    at: datetime.datetime
    by: str
    what: str
    registration: str
    known: bool
    name: str
    details: str


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin/log` on the blueprint."""

    @pages.get("/log")
    def log() -> Response:
        names = {one.id: one.name for one in deps.administration.all()}
        entries = [_shown(entry, names) for entry in deps.audit.latest(_MOST)]
        return page("log", "log", entries=entries)


def _shown(entry: AuditEntry, names: dict[str, str]) -> Shown:
    language = words.of_request()
    # A word of a newer or older version is shown as it is.
    what = language.say(WHAT[entry.what]) if entry.what in WHAT else entry.what
    return Shown(
        moment(entry.at),
        entry.by,
        what,
        entry.registration,
        entry.registration in names,
        names.get(entry.registration, ""),
        ", ".join(_text(name, value) for name, value in entry.details.items() if value is not False),
    )


def _text(name: str, value: object) -> str:
    if value is True:
        return name
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
