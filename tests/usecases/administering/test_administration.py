"""Every change an admin makes happens, and stands in the audit log with its author."""

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.registration import (
    AlreadyRegistered,
    RegistrationReadOnly,
    RegistrationStatus,
    RegistrationUnknown,
)
from lti_room.lti.registrations.stored import Registrations
from lti_room.lti.tool_keys import ToolKeys
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.audit import Audit, AuditEntry
from lti_room.usecases.administering.registration_invitations import RegistrationInvitations
from tests.contract.test_registration_store import FIXED, made
from tests.support import web


@pytest.fixture
def audit(redis: Redis, clock: FixedClock) -> Audit:
    return Audit(redis, clock, web.settings(AUDIT_ENTRIES="5"))


@pytest.fixture
def administration(redis: Redis, clock: FixedClock, audit: Audit) -> Administration:
    chosen = web.settings()
    keys, invitations = ToolKeys(redis, clock, chosen), RegistrationInvitations(redis, clock, chosen)
    return Administration(Registrations(redis, clock, [FIXED]), keys, audit, invitations)


def test_a_registration_from_adding_to_removing(administration: Administration, audit: Audit) -> None:
    school = made()
    administration.add(school, by="anna")
    administration.disable(school.id, by="ben")
    assert administration.get(school.id).status is RegistrationStatus.DISABLED
    administration.enable(school.id, by="ben")
    administration.update(school.id, {"name": "Renamed"}, by="anna")
    administration.remove(school.id, by="anna")
    with pytest.raises(RegistrationUnknown):
        administration.get(school.id)
    assert [(one.what, one.by) for one in audit.latest(10)] == [
        ("registration_removed", "anna"),
        ("registration_changed", "anna"),
        ("registration_enabled", "ben"),
        ("registration_disabled", "ben"),
        ("registration_added", "anna"),
    ]


def test_an_entry_says_what_and_when(administration: Administration, audit: Audit, clock: FixedClock) -> None:
    administration.approve_deployment(FIXED.id, "77:new", by="anna")
    assert audit.latest(1) == [
        AuditEntry(clock.now(), "anna", "deployment_approved", FIXED.id, {"deployment": "77:new"})
    ]


def test_the_oldest_entries_go_first(administration: Administration, audit: Audit) -> None:
    for number in range(9):
        administration.refuse_deployment(FIXED.id, f"77:{number}", by="anna")
    assert [one.details["deployment"] for one in audit.latest(99)] == [f"77:{n}" for n in (8, 7, 6, 5, 4)]


def test_what_did_not_happen_is_not_written(administration: Administration, audit: Audit) -> None:
    with pytest.raises(AlreadyRegistered):
        administration.add(FIXED, by="anna")
    with pytest.raises(RegistrationReadOnly):
        administration.disable(FIXED.id, by="anna")
    with pytest.raises(RegistrationUnknown):
        administration.approve("f" * 16, by="anna")
    assert not audit.latest(10)


def test_an_origin_around_the_lms_is_allowed(
    administration: Administration, redis: Redis, clock: FixedClock
) -> None:
    school = made()
    administration.add(school, by="anna")
    Registrations(redis, clock).note_frame_ancestor(school.id, "https://portal.example")
    administration.allow_frame_ancestor(school.id, "https://portal.example", by="anna")
    assert "https://portal.example" in administration.get(school.id).frame_origins
    assert not administration.noted_frame_ancestors(school.id)
    with pytest.raises(SettingsError):
        administration.allow_frame_ancestor(school.id, "javascript:alert(1)", by="anna")


def test_a_rotated_key_is_written_by_its_kid(administration: Administration, audit: Audit) -> None:
    kid = administration.rotate_keys(by="anna")
    assert (audit.latest(1)[0].what, audit.latest(1)[0].details) == ("key_rotated", {"kid": kid})
