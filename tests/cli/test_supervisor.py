"""The supervisor: all parts healthy or none left, a dead part replaced, an orderly end."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lti_room.cli.supervisor import DEATHS_ALLOWED, Part, PartDied, Supervisor
from tests.support.stack import wait_until

SLEEPER = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def a_part(code: str, is_healthy: Callable[[], bool] = lambda: True, name: str = "sleeper") -> Part:
    return Part(name, [sys.executable, "-c", code], is_healthy)


def nothing() -> None:
    """Keep no store."""


def run_beside(supervisor: Supervisor, act: Callable[[], None]) -> list[str]:
    """Run the supervisor here; once it is healthy, `act` in a thread and then ask it to stop."""
    said: list[str] = []

    def afterwards() -> None:
        try:
            act()
            said.append("acted")
        finally:
            supervisor.ask_to_stop()

    supervisor.run(lambda: threading.Thread(target=afterwards).start())
    return said


def test_it_says_ready_only_when_every_part_is_healthy(tmp_path: Path) -> None:
    mark = tmp_path / "healthy"
    slow = a_part(
        f"import time, pathlib; time.sleep(0.5); pathlib.Path({str(mark)!r}).touch(); {SLEEPER}", mark.exists
    )
    quick = a_part(SLEEPER)
    assert run_beside(Supervisor([slow, quick], nothing), lambda: None) == ["acted"]
    assert mark.exists()


def test_at_the_end_no_process_is_left() -> None:
    parts = [a_part(SLEEPER), a_part(SLEEPER)]
    run_beside(Supervisor(parts, nothing), lambda: None)
    assert [part.has_died() for part in parts] == [True, True]


def test_a_part_that_ignores_the_request_to_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_room.cli.supervisor.STOP_SECONDS", 0.5)
    part = a_part(STUBBORN)
    run_beside(Supervisor([part], nothing), lambda: None)
    assert part.process is not None
    assert part.process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


def test_a_killed_part_is_replaced() -> None:
    part = a_part(SLEEPER)

    def kill_it() -> None:
        assert part.process is not None
        first = part.process.pid
        part.process.kill()
        wait_until(lambda: part.process is not None and part.process.pid != first, 5, "the part is replaced")

    assert run_beside(Supervisor([part], nothing), kill_it) == ["acted"]


def test_a_part_that_dies_while_starting_stops_everything_and_is_named() -> None:
    good, bad = a_part(SLEEPER), a_part("raise SystemExit(3)", lambda: False, "media worker 0")
    with pytest.raises(PartDied, match="media worker 0 stopped while starting"):
        Supervisor([good, bad], nothing).run(nothing)
    assert good.has_died()


def test_a_part_that_is_never_ready_stops_everything_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_room.cli.supervisor.START_SECONDS", 0.3)
    part = a_part(SLEEPER, lambda: False, "web process 0")
    with pytest.raises(PartDied, match="web process 0 was not ready"):
        Supervisor([part], nothing).run(nothing)
    assert part.has_died()


def test_a_part_that_keeps_dying_stops_everything() -> None:
    dying = a_part("import time; time.sleep(0.2); raise SystemExit(1)", name="web process 0")
    other = a_part(SLEEPER)
    with pytest.raises(PartDied, match="web process 0 died"):
        Supervisor([other, dying], nothing).run(nothing)
    assert len(dying.deaths) == DEATHS_ALLOWED + 1
    assert other.has_died()


def test_the_store_is_looked_after_while_running() -> None:
    looked = threading.Event()
    supervisor = Supervisor([a_part(SLEEPER)], looked.set)
    assert run_beside(supervisor, lambda: wait_until(looked.is_set, 5, "the store is kept")) == ["acted"]
