"""An invitation to register a platform: one registration, for a day, and nothing readable in Redis."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.usecases.administering.registration_invitations import (
    InvitationInvalid,
    InvitationTerms,
    RegistrationInvitations,
)
from lti_room.web import WebDeps

TERMS = InvitationTerms(trusted=True, private_network=True)


@pytest.fixture
def invitations(deps: WebDeps) -> RegistrationInvitations:
    return deps.invitations


def test_looking_uses_nothing_up_and_taking_does(invitations: RegistrationInvitations) -> None:
    code, made = invitations.make("Example school", by="anna", terms=TERMS)
    assert invitations.look(code) == invitations.look(code) == made
    assert invitations.take(code) == made
    for again in (invitations.take, invitations.look):
        with pytest.raises(InvitationInvalid):
            again(code)
    assert not invitations.open()


def test_of_several_at_once_one_registers(invitations: RegistrationInvitations) -> None:
    code, _ = invitations.make("", by="anna", terms=TERMS)

    def try_it(_: int) -> bool:
        try:
            invitations.take(code)
        except InvitationInvalid:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(try_it, range(8))).count(True) == 1


def test_it_ends_after_a_day(invitations: RegistrationInvitations, clock: FixedClock) -> None:
    code, made = invitations.make("", by="anna", terms=TERMS)
    clock.advance(86_399)
    assert invitations.open() == [made]
    clock.advance(1)
    assert invitations.open() == []
    with pytest.raises(InvitationInvalid):
        invitations.take(code)


def test_what_came_to_nothing_can_be_tried_again(invitations: RegistrationInvitations) -> None:
    code, made = invitations.make("", by="anna", terms=TERMS)
    invitations.give_back(code, invitations.take(code))
    assert invitations.take(code) == made


def test_a_revoked_one_is_over(invitations: RegistrationInvitations) -> None:
    code, made = invitations.make("", by="anna", terms=TERMS)
    for wrong in ("", made.id[:-1], "0" * 12):
        with pytest.raises(InvitationInvalid):
            invitations.revoke(wrong)
    assert invitations.revoke(made.id) == made
    with pytest.raises(InvitationInvalid):
        invitations.take(code)


def test_the_code_is_nowhere_in_redis(deps: WebDeps, redis: Redis) -> None:
    code = deps.administration.invite("Example school", by="anna")
    stored = [redis.dump(key) for key in redis.scan_iter()]
    assert stored
    assert not any(code.encode() in (one or b"") for one in stored)
    [entry] = deps.audit.latest(9)
    assert (entry.what, entry.by, entry.details["note"]) == ("invitation_made", "anna", "Example school")
    [open_one] = deps.administration.invitations()
    deps.administration.revoke_invitation(open_one.id, by="ben")
    assert deps.audit.latest(1)[0].what == "invitation_revoked"
