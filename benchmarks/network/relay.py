"""A relay that behaves like bad networks, for whoever needs one: `passing.py` in a process of its own.

with RelayProcess(("127.0.0.1", 8100), ("teacher", "student")) as relay:
    relay.follow("student", down=[(0.0, Conditions(loss=0.05))])
    ...  # send to 127.0.0.1, port relay.ports["student"]
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

from benchmarks.network.model import Conditions
from benchmarks.network.passing import Address
from benchmarks.partner import Partner


class RelayProcess(Partner):
    """A relay as a child process, from `with` to its end. `ports`: where each link is reached."""

    def __init__(self, to: Address, links: Sequence[str], *, host: str = "127.0.0.1", seed: int = 1) -> None:
        where = (f"{to[0]}:{to[1]}", *links, "--host", host, "--seed", str(seed))
        super().__init__("benchmarks.network.passing", *where)
        self.ports: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        self.ports = json.loads(self.line())
        return self

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
        return dict(json.loads(self.ask(json.dumps(what))))
