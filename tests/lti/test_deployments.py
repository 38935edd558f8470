"""A deployment nobody named: held, listed, approved, and open in every process at the next launch."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lti_room.base.clock import FixedClock
from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import RegistrationStatus
from lti_room.lti.registrations.stored import Registrations
from lti_room.usecases.administering.audit import Audit
from lti_room.web import WebDeps
from tests.support.platform import ABSENT, UnrulyPlatform, running
from tests.support.stack import free_port
from tests.support.visitor import Visitor
from tests.support.web import create_app, serving, settings, web_deps


class Processes:
    """Two processes of one installation, and a Canvas whose deployment nobody named."""

    def __init__(self, redis: Redis, stack: ExitStack, *, in_file: bool, first: bool) -> None:
        clock = FixedClock()
        self.canvas = stack.enter_context(running(UnrulyPlatform(clock)))
        entry = self.canvas.registration(deployments=[], approve_first_deployment=first)
        self.registration = from_mapping(entry, development=True)
        self.visitors: list[Visitor] = []
        self.deps: WebDeps
        for _ in range(2):
            port = free_port()
            chosen = settings(PUBLIC_URL=f"http://127.0.0.1:{port}", BIND=f"127.0.0.1:{port}")
            store = Registrations(
                redis,
                clock,
                [self.registration] if in_file else [],
                development=True,
                first_approved=Audit(redis, clock, chosen).first_deployment,
            )
            self.deps = web_deps(redis, chosen, clock=clock, registrations=store)
            self.visitors.append(Visitor(stack.enter_context(serving(create_app(self.deps), port))))
        if not in_file:
            self.deps.registrations.insert(self.registration)

    def launch(self, process: int) -> str | int:
        """Launch the instructor at a process; return the error's code, or 303."""
        reply = self.visitors[process].enter(self.canvas)
        return reply.error or reply.status


@pytest.fixture(params=[True, False], ids=["in the file", "in Redis"])
def processes(redis: Redis, request: pytest.FixtureRequest) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(redis, stack, in_file=bool(request.param), first=False)


def test_row_073_held_until_it_is_approved_then_open_everywhere(processes: Processes) -> None:
    assert processes.launch(0) == processes.launch(1) == "deployment_unknown"
    known = processes.deps.administration
    [waiting] = known.pending_deployments(processes.registration.id)
    assert (waiting.deployment, waiting.course_title) == (processes.canvas.deployment, "Sample Physics 101")
    known.approve_deployment(processes.registration.id, waiting.deployment, by="anna")
    assert processes.launch(0) == processes.launch(1) == 303
    known.refuse_deployment(processes.registration.id, waiting.deployment, by="anna")
    assert processes.launch(0) == processes.launch(1) == "deployment_unknown"
    assert not known.pending_deployments(processes.registration.id)


def test_row_016_a_status_holds_in_every_process_at_once(redis: Redis) -> None:
    with ExitStack() as stack:
        processes = Processes(redis, stack, in_file=False, first=True)
        assert processes.launch(0) == 303
        for status, code in (
            (RegistrationStatus.DISABLED, "registration_disabled"),
            (RegistrationStatus.PENDING, "registration_pending"),
        ):
            processes.deps.registrations.set_status(processes.registration.id, status)
            for visitor in processes.visitors:
                reply = visitor.login(processes.canvas)
                assert (reply.status, reply.error) == (403, code)
        processes.deps.registrations.set_status(processes.registration.id, RegistrationStatus.ACTIVE)
        assert processes.launch(1) == 303


def test_a_first_deployment_approved_by_itself_stands_in_the_audit_log(redis: Redis) -> None:
    with ExitStack() as stack:
        processes = Processes(redis, stack, in_file=False, first=True)
        assert processes.launch(0) == processes.launch(1) == 303
        [entry] = processes.deps.audit.latest(9)
        assert (entry.by, entry.what) == ("first launch", "deployment_approved")
        assert entry.details == {"deployment": processes.canvas.deployment}
        processes.canvas.deployment = "78:second"
        reply = processes.visitors[0]
        asked = reply.started(processes.canvas, deployment_id=ABSENT)
        claims = processes.canvas.claims(reply.tool, asked["nonce"], lti_deployment_id="78:second")
        answer = reply.launch(asked["state"], processes.canvas.sign(claims))
        assert answer.status == 403
