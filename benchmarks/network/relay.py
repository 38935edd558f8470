"""A relay that behaves like bad networks, for whoever needs one: `passing.py` in a process of its own.

with RelayProcess(("127.0.0.1", 8100), ("teacher", "student")) as relay:
    relay.follow("student", down=[(0.0, Conditions(loss=0.05))])
    ...  # send to 127.0.0.1, port relay.ports["student"]
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any

from benchmarks.network.model import Conditions
from benchmarks.network.passing import Address


class RelayProcess:
    """A relay as a child process, from `with` to its end. `ports`: where each link is reached."""

    def __init__(self, to: Address, links: Sequence[str], *, host: str = "127.0.0.1", seed: int = 1) -> None:
        command = [sys.executable, "-m", "benchmarks.network.passing", f"{to[0]}:{to[1]}", *links]
        self._command = [*command, "--host", host, "--seed", str(seed)]
        self.ports: Mapping[str, int] = {}

    def __enter__(self) -> "RelayProcess":
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ports = json.loads(self._line())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=5)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def follow(
        self,
        link: str,
        *,
        up: Sequence[tuple[float, Conditions]] = (),
        down: Sequence[tuple[float, Conditions]] = (),
    ) -> None:
        """Let a link's directions follow these conditions, each from so many seconds after now on."""
        steps = {name: [(at, asdict(like)) for at, like in way] for name, way in (("up", up), ("down", down))}
        self._ask({"do": "follow", "link": link, **steps})

    def report(self) -> dict[str, Any]:
        """Return packets offered, lost, overflowed and passed, CPU seconds, and how late packets left."""
        return self._ask({"do": "report"})

    def _ask(self, what: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the relay ended")
        return line
