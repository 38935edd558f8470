"""What every `RegistrationStore` promises: held against file plus Redis, and against the list in memory."""

from collections.abc import Callable
from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import from_mapping, to_mapping
from lti_room.lti.registrations.in_memory import MOST_ANCESTORS, MOST_WAITING, RegistrationList
from lti_room.lti.registrations.registration import (
    AlreadyRegistered,
    Registration,
    RegistrationReadOnly,
    RegistrationStatus,
    RegistrationStore,
    RegistrationUnknown,
    registration_id,
)
from lti_room.lti.registrations.stored import Registrations

SHARED = "https://canvas.instructure.com"
WITH_REDIS, IN_MEMORY = "file and Redis", "in memory"

Made = Callable[..., Registration]


def made(client_id: str = "100", issuer: str = SHARED, **members: Any) -> Registration:
    """Return a registration with every member away from its default."""
    entry = {
        "name": f"School {client_id}",
        "platform": "canvas",
        "issuer": issuer,
        "client_id": client_id,
        "auth_login_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
        "auth_token_url": "https://sso.canvaslms.com/login/oauth2/token",
        "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
        "frame_origins": ["https://school.instructure.com"],
        "roles": {"ContentDeveloper": "host"},
        "algorithms": ["RS256", "RS384"],
        "default_target_link_uri": "https://rooms.example/lti/launch",
        "learn_frame_origins": False,
        "private_network": True,
        "retention_days": 30,
        "auth_token_audience": "https://school.example/oauth2",
    }
    return from_mapping(entry | members)


FIXED = made("1", deployments=["1:file"])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=[WITH_REDIS, IN_MEMORY])
def store(request: pytest.FixtureRequest, redis: Redis, clock: FixedClock) -> RegistrationStore:
    if request.param == WITH_REDIS:
        return Registrations(redis, clock, [FIXED])
    return RegistrationList([FIXED], clock=clock)


def the(store: RegistrationStore, client_id: str) -> Registration:
    found = store.find(registration_id(SHARED, client_id))
    assert found is not None
    return found


def test_what_was_inserted_is_found_whole(store: RegistrationStore) -> None:
    store.insert(made())
    assert to_mapping(the(store, "100")) == to_mapping(made())
    assert the(store, "100").roles.decide(["ContentDeveloper"]) == "host"


def test_registrations_of_a_shared_issuer(store: RegistrationStore) -> None:
    store.insert(made("100"))
    store.insert(made("200"))
    store.insert(made("300", issuer="https://moodle.example"))
    assert {one.client_id for one in store.of_issuer(SHARED)} == {"1", "100", "200"}
    assert [one.client_id for one in store.of_issuer("https://moodle.example")] == ["300"]
    assert not store.of_issuer(SHARED + "/")
    assert [one.client_id for one in store.all()] == ["1", "100", "200", "300"]


@pytest.mark.parametrize("client_id", ["1", "100"])
def test_row_118_a_known_registration_is_never_overwritten(store: RegistrationStore, client_id: str) -> None:
    store.insert(made("100"))
    before = to_mapping(the(store, client_id))
    with pytest.raises(AlreadyRegistered):
        store.insert(made(client_id, jwks_url="https://evil.example/jwks", deployments=["evil"]))
    assert to_mapping(the(store, client_id)) == before


def test_status_of_a_registration(store: RegistrationStore) -> None:
    store.insert(made())
    assert the(store, "100").status is RegistrationStatus.ACTIVE
    for status in (RegistrationStatus.DISABLED, RegistrationStatus.PENDING, RegistrationStatus.ACTIVE):
        store.set_status(made().id, status)
        assert the(store, "100").status is status
        assert [one.status for one in store.of_issuer(SHARED) if one.client_id == "100"] == [status]


def test_members_change_and_the_identity_does_not(store: RegistrationStore) -> None:
    store.insert(made())
    store.set_status(made().id, RegistrationStatus.PENDING)
    changed = store.update(made().id, {"name": "Renamed", "frame_origins": ["https://portal.example"]})
    assert (changed.name, changed.status) == ("Renamed", RegistrationStatus.PENDING)
    assert to_mapping(the(store, "100")) == to_mapping(changed)
    for wrong in ({"client_id": "200"}, {"jwks_url": "javascript:alert(1)"}, {"nonsense": True}):
        with pytest.raises(SettingsError):
            store.update(made().id, wrong)
    assert the(store, "100").name == "Renamed"


def test_a_removed_registration_leaves_nothing(store: RegistrationStore) -> None:
    store.insert(made())
    store.approve_deployment(made().id, "77:a")
    store.refuse_deployment(made().id, "77:b")
    store.note_frame_ancestor(made().id, "https://portal.example")
    store.remove(made().id)
    assert store.find(made().id) is None
    assert [one.client_id for one in store.of_issuer(SHARED)] == ["1"]
    store.insert(made())
    assert not store.known_deployments(made().id)
    assert not store.noted_frame_ancestors(made().id)
    store.note_deployment(made().id, "77:b", "")
    assert [one.deployment for one in store.pending_deployments(made().id)] == ["77:b"]


def test_what_stands_in_the_file_is_read_only(store: RegistrationStore) -> None:
    assert store.is_read_only(FIXED.id)
    for change in (
        lambda: store.set_status(FIXED.id, RegistrationStatus.DISABLED),
        lambda: store.update(FIXED.id, {"name": "x"}),
        lambda: store.remove(FIXED.id),
    ):
        with pytest.raises(RegistrationReadOnly):
            change()
    store.insert(made())
    assert not store.is_read_only(made().id)


def test_a_registration_nobody_knows(store: RegistrationStore) -> None:
    assert store.find("f" * 16) is None
    for change in (
        lambda: store.set_status("f" * 16, RegistrationStatus.DISABLED),
        lambda: store.update("f" * 16, {"name": "x"}),
        lambda: store.remove("f" * 16),
        lambda: store.approve_deployment("f" * 16, "1"),
        lambda: store.refuse_deployment("f" * 16, "1"),
    ):
        with pytest.raises(RegistrationUnknown):
            change()


@pytest.mark.parametrize("registration", [FIXED, made()], ids=["of the file", "inserted"])
def test_a_deployment_waits_until_it_is_approved(
    store: RegistrationStore, clock: FixedClock, registration: Registration
) -> None:
    if registration is not FIXED:
        store.insert(registration)
    store.note_deployment(registration.id, "77:new", "Biology 101")
    clock.advance(60)
    store.note_deployment(registration.id, "77:new", "Chemistry")
    store.note_deployment(registration.id, "78:new", "")
    first, second = store.pending_deployments(registration.id)
    assert (first.deployment, first.course_title, first.at) == ("77:new", "Biology 101", clock.now() - 60)
    assert second.deployment == "78:new"
    assert not store.is_deployment_known(registration, "77:new")
    store.approve_deployment(registration.id, "77:new")
    assert store.is_deployment_known(registration, "77:new")
    assert [one.deployment for one in store.pending_deployments(registration.id)] == ["78:new"]
    assert list(store.known_deployments(registration.id)) == sorted({*registration.deployments, "77:new"})


def test_a_refused_deployment_does_not_come_back_by_itself(store: RegistrationStore) -> None:
    store.note_deployment(FIXED.id, "77:new", "Biology 101")
    store.refuse_deployment(FIXED.id, "77:new")
    store.note_deployment(FIXED.id, "77:new", "Biology 101")
    assert not store.pending_deployments(FIXED.id)
    assert not store.is_deployment_known(FIXED, "77:new")
    store.approve_deployment(FIXED.id, "77:new")
    assert store.is_deployment_known(FIXED, "77:new")
    store.refuse_deployment(FIXED.id, "77:new")
    assert not store.is_deployment_known(FIXED, "77:new")


def test_what_the_file_names_needs_no_approval(store: RegistrationStore) -> None:
    assert store.is_deployment_known(FIXED, "1:file")
    assert not store.is_deployment_known(FIXED, "1:FILE")


def test_the_first_deployment_is_approved_by_itself_only_where_that_is_wanted(
    store: RegistrationStore,
) -> None:
    wanting = made("100", approve_first_deployment=True)
    store.insert(wanting)
    store.insert(made("200"))
    assert store.approve_first_deployment(wanting, "77:first")
    assert store.is_deployment_known(wanting, "77:first")
    assert not store.approve_first_deployment(wanting, "77:second")
    assert not store.is_deployment_known(wanting, "77:second")
    assert not store.approve_first_deployment(made("200"), "77:first")
    assert not store.approve_first_deployment(FIXED, "77:first")


def test_a_refused_deployment_is_not_the_first(store: RegistrationStore) -> None:
    wanting = made("100", approve_first_deployment=True)
    store.insert(wanting)
    store.refuse_deployment(wanting.id, "77:evil")
    assert not store.approve_first_deployment(wanting, "77:evil")


def test_what_strangers_can_fill_is_capped(store: RegistrationStore) -> None:
    for number in range(MOST_WAITING + 5):
        store.note_deployment(FIXED.id, f"{number}", "x" * 9000)
        store.note_frame_ancestor(FIXED.id, f"https://portal{number}.example")
    store.note_frame_ancestor(FIXED.id, f"https://{'x' * 9000}.example")
    waiting = store.pending_deployments(FIXED.id)
    assert len(waiting) == MOST_WAITING
    assert {len(one.course_title) for one in waiting} == {255}
    assert len(store.noted_frame_ancestors(FIXED.id)) == MOST_ANCESTORS
    store.forget_frame_ancestor(FIXED.id, "https://portal0.example")
    assert "https://portal0.example" not in store.noted_frame_ancestors(FIXED.id)
