"""When to ask a publisher for a keyframe: at once, but not twice in half a second, and never not at all."""

from collections.abc import Callable
from typing import Final, Protocol

BETWEEN_SECONDS: Final = 0.5


class Timer(Protocol):
    """A call that can be taken back."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Calls a function after some seconds, as `loop.call_later` does."""


class KeyframeRequests:
    """Throttles the requests for one layer. A request that comes too early is deferred, not dropped."""

    def __init__(self, send: Callable[[], None], now: Callable[[], float], later: Later) -> None:
        self._send = send
        self._now = now
        self._later = later
        self._last = float("-inf")
        self._deferred: Timer | None = None

    def request(self) -> None:
        """Ask now, or as soon as half a second has passed since the last time."""
        if self._deferred is not None:
            return
        wait = self._last + BETWEEN_SECONDS - self._now()
        if wait <= 0:
            self._ask()
        else:
            self._deferred = self._later(wait, self._ask)

    def stop(self) -> None:
        """Take back what is deferred."""
        if self._deferred is not None:
            self._deferred.cancel()
            self._deferred = None

    def _ask(self) -> None:
        self._deferred = None
        self._last = self._now()
        self._send()
