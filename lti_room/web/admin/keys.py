"""Our own keys, as platforms fetch them."""

import datetime
from typing import NamedTuple

from flask import Blueprint, Response

from lti_room.web.admin.gate import me
from lti_room.web.admin.telling import after, moment, page
from lti_room.web.deps import WebDeps


class Shown(NamedTuple):
    """A published key, and from when on it signs."""

    kid: str
    since: datetime.datetime
    is_current: bool
    is_next: bool


def add_routes(pages: Blueprint, deps: WebDeps) -> None:
    """Put `/admin/keys` on the blueprint."""

    @pages.get("/keys")
    def keys() -> Response:
        published, now = deps.tool_keys.published(), deps.clock.now()
        shown = [Shown(key.kid, moment(key.since), key.is_current, key.since > now) for key in published]
        return page("keys", "keys", keys=shown)

    @pages.post("/keys/rotate")
    def rotate() -> Response:
        deps.administration.rotate_keys(by=me().by)
        return after("/admin/keys", "rotated")
