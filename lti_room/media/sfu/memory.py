"""Giving memory back: peers come and go by the thousands, and glibc keeps what their handshakes freed."""

import ctypes
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 30.0
WORTH_IT: Final = 100
"""Peers that must have gone before: looking for free pages takes some milliseconds."""


def trimmer() -> Callable[[], None]:
    """Return what gives free pages back to the system; it does nothing where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return lambda: None
    trim.argtypes, trim.restype = (ctypes.c_size_t,), ctypes.c_int
    return lambda: trim(0)
