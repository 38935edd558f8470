"""Faults of ours that somebody may cause on purpose: contained where they happen, and told sparingly."""

import logging
import time
from typing import Final

QUIET_SECONDS: Final = 10.0


class Trouble:
    """Logs the exception that is being handled, once in a while; what was left out is counted."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._last = float("-inf")
        self._untold = 0

    def note(self, what: str) -> None:
        """Log the current exception under this sentence, unless the last was logged a moment ago."""
        now = time.monotonic()
        if now - self._last < QUIET_SECONDS:
            self._untold += 1
            return
        more = f" ({self._untold} more since the last of these)" if self._untold else ""
        self._last, self._untold = now, 0
        self._log.exception("%s%s", what, more)
