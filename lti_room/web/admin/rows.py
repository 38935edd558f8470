"""A registration as the admin pages show it."""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.web import words
from lti_room.web.admin.telling import PLATFORMS, STATUS, moment
from lti_room.web.deps import WebDeps


class Waiting(NamedTuple):
    """A deployment that waits for approval."""

    deployment: str
    course_title: str
    since: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Row:
    """One registration, with what launches taught about it."""

    id: str
    name: str
    platform: str
    status: RegistrationStatus
    status_word: str
    status_meaning: str
    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    known: tuple[str, ...]
    fixed_deployments: frozenset[str]
    waiting: tuple[Waiting, ...]
    last_launch: datetime.datetime | None
    frame_origins: tuple[str, ...]
    ancestors: tuple[str, ...]
    read_only: bool


def row_of(found: Registration, deps: WebDeps, latest: float | None) -> Row:
    """Return the row of a registration; `latest` is when its latest launch was."""
    admin, language = deps.administration, words.of_request()
    word, meaning = STATUS[found.status]
    waiting = admin.pending_deployments(found.id)
    return Row(
        id=found.id,
        name=found.name,
        platform=PLATFORMS[found.platform],
        status=found.status,
        status_word=language.say(word),
        status_meaning=language.say(meaning),
        issuer=found.issuer,
        client_id=found.client_id,
        auth_login_url=found.auth_login_url,
        auth_token_url=found.auth_token_url,
        jwks_url=found.jwks_url,
        known=tuple(admin.known_deployments(found.id)),
        fixed_deployments=found.deployments,
        waiting=tuple(Waiting(one.deployment, one.course_title, moment(one.at)) for one in waiting),
        last_launch=moment(latest) if latest else None,
        frame_origins=found.frame_origins,
        ancestors=tuple(admin.noted_frame_ancestors(found.id)),
        read_only=admin.is_read_only(found.id),
    )
