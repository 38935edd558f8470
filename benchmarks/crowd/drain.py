"""Empty many sockets with few calls: `recvmmsg` by ctypes, the first bytes of each packet and when it came.

The kernel copies only `HEAD` bytes of each datagram and says when it arrived (SO_TIMESTAMPNS), so it does not
matter how late somebody reads. SRTP leaves RTP headers in the clear: the heads are enough for counting.
"""

import ctypes
import errno
import os
import socket
from struct import Struct
from typing import Final

from benchmarks.network.passing import SO_TIMESTAMPNS

HEAD: Final = 32
"""Fixed header (12 bytes), extension header (4) and an extension block of up to 16."""
BATCH: Final = 64
_CONTROL: Final = 32
_TIME: Final = Struct("@16xqq")
_DONT_WAIT: Final = int(socket.MSG_DONTWAIT)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """`struct msghdr`."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """`struct mmsghdr`."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class Drain:
    """The memory for reading `BATCH` packets at once. One at a time; not for threads."""

    def __init__(self) -> None:
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._heads = ctypes.create_string_buffer(HEAD * BATCH)
        self._controls = ctypes.create_string_buffer(_CONTROL * BATCH)
        self._vectors = (_Vector * BATCH)()
        self._messages = (_Message * BATCH)()
        heads, controls = ctypes.addressof(self._heads), ctypes.addressof(self._controls)
        for n in range(BATCH):
            self._vectors[n] = _Vector(heads + n * HEAD, HEAD)
            self._messages[n].header.vectors = ctypes.addressof(self._vectors[n])
            self._messages[n].header.vector_count = 1
            self._messages[n].header.control = controls + n * _CONTROL
            self._messages[n].header.control_length = _CONTROL
        # The kernel writes over the lengths: every call begins with a fresh copy.
        self._fresh = bytes(self._messages)
        self.heads = memoryview(self._heads).cast("B")
        self._control_view = memoryview(self._controls).cast("B")

    def read(self, descriptor: int) -> int:
        """Read what waits, at most `BATCH`; the heads lie in `heads`, `HEAD` bytes each.

        Raises:
            OSError: the socket is broken. A refused port at the other end is passed over.
        """
        ctypes.memmove(self._messages, self._fresh, len(self._fresh))
        count = int(self._receive(descriptor, self._messages, BATCH, _DONT_WAIT, None))
        if count >= 0:
            return count
        code = ctypes.get_errno()
        if code in {errno.EAGAIN, errno.ECONNREFUSED, errno.EINTR}:
            return 0
        raise OSError(code, os.strerror(code))

    def arrived(self, n: int) -> float:
        """Return when the n-th packet of the last `read` came, in Unix seconds."""
        seconds, nanoseconds = _TIME.unpack_from(self._control_view, n * _CONTROL)
        return float(seconds + nanoseconds * 1e-9)


def stamp_arrivals(reader: socket.socket) -> None:
    """Let the kernel note when packets come, as `Drain` needs it."""
    reader.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
