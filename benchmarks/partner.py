"""A process beside the one that measures, asked and answering line by line."""

import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

END_SECONDS: Final = 10


class Partner:
    """`python -m <module> <arguments>`, from `with` to its end."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._command: Sequence[str] = [sys.executable, "-m", module, *arguments]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=END_SECONDS)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, question: str) -> str:
        """Say a line, and return the line that answers.

        Raises:
            RuntimeError: the process ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self.line()

    def line(self) -> str:
        """Wait for a line.

        Raises:
            RuntimeError: the process ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended")
        return line
