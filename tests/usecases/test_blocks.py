"""People who are shut out: refused at once, in every room of their platform, and nowhere else."""

import pytest

from lti_room.base.errors import AppError
from lti_room.usecases.people import participant_id
from lti_room.web import WebDeps
from tests.support import web

NOAH = participant_id("reg1", "noah")


def test_who_is_shut_out_is_refused_until_let_in_again(deps: WebDeps) -> None:
    blocks = deps.admin.blocks
    blocks.check("reg1", NOAH)
    blocks.block("reg1", NOAH, by="cli:anna")
    with pytest.raises(AppError) as refused:
        blocks.check("reg1", NOAH)
    assert refused.value.code == "user_suspended"
    blocks.check("reg1", participant_id("reg1", "emma"))
    blocks.check("reg2", participant_id("reg2", "noah"))
    blocks.unblock("reg1", NOAH, by="cli:anna")
    blocks.check("reg1", NOAH)
    assert [one.what for one in deps.audit.latest(2)] == ["person_unblocked", "person_blocked"]


def test_open_pages_end_with_their_launches(deps: WebDeps) -> None:
    noah, emma = (deps.enter.enter(web.a_launch(sub=sub), {}) for sub in ("noah", "emma"))
    deps.admin.blocks.block("reg1", NOAH, by="cli:anna")
    assert deps.launches.load(noah.launch) is None
    assert deps.launches.load(emma.launch)
