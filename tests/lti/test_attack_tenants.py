"""The attack table, row 124, and a launch that asks for the check page: signed messages over HTTP."""

import pytest

from lti_room.usecases.people import participant_id
from lti_room.usecases.ticket import TicketKind
from tests.lti.conftest import School
from tests.support.platform import CLAIM


def sub_of(school: School) -> str:
    """The platform's own id of the instructor, as the first launch told it."""
    registration = school.registration_id(school.canvas)
    (stored,) = school.redis.hkeys(f"people:{registration}")
    person = school.deps.people.person(registration, stored.decode())
    assert person
    assert person.sub
    return person.sub


def test_row_124_somebody_shut_out_is_refused_after_a_valid_launch(school: School) -> None:
    assert school.visitor().enter(school.canvas).status == 303
    registration = school.registration_id(school.canvas)
    who = participant_id(registration, sub_of(school))
    school.deps.admin.blocks.block(registration, who, by="cli:anna")
    reply = school.visitor().enter(school.canvas)
    assert (reply.status, reply.error) == (403, "user_suspended")
    assert school.visitor().enter(school.canvas, "student").status == 303
    school.deps.admin.blocks.unblock(registration, who, by="cli:anna")
    assert school.visitor().enter(school.canvas).status == 303


@pytest.mark.parametrize(
    ("person", "status"), [("instructor", 303), ("ta", 303), ("admin", 303), ("student", 403)]
)
def test_a_launch_of_the_check_page_is_for_staff_and_admins(school: School, person: str, status: int) -> None:
    visitor = school.visitor()
    target = f"{school.tool}/lti/check"
    asked = visitor.started(school.canvas, target_link_uri=target)
    changes = {f"{CLAIM}target_link_uri": target}
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"], person, **changes))
    reply = visitor.launch(asked["state"], token)
    assert reply.status == status
    if status == 403:
        assert reply.error == "check_not_allowed"
        return
    address, _, ticket = reply.location.partition("#")
    assert address == "/lti/check"
    opened = school.deps.tickets.open(ticket, kind=TicketKind.CHECK, cookies=visitor.cookies)
    assert opened.room == ""
    assert opened.bound
