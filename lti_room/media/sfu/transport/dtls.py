"""The seam to aiortc and pylibsrtp: the only file that touches their private names.

Which ones, and that they still mean what they mean here, is pinned by `tests/media/test_dtls_seam.py`:
aiortc `RTCDtlsTransport._rx_srtp`, `._tx_srtp`, `._ssl`, `._role`, and the transport it is given (`role`,
`_recv`, `_send`); pylibsrtp `_binding.__file__`, `_binding.ffi`, `_binding.lib.srtp_protect`,
`.srtp_unprotect`, `.srtp_unprotect_rtcp`, `Session._srtp`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from OpenSSL import SSL
from pylibsrtp import Session, _binding
from pylibsrtp._binding import ffi, lib

WAITING_DATAGRAMS: Final = 32
"""Handshake datagrams kept while the loop is busy; the peer repeats what is dropped."""

LARGEST_PACKET: Final = 1356
"""libsrtp needs 144 bytes behind the packet in a buffer of 1500."""

LIBRARY: Final = str(_binding.__file__)
"""The shared library with libsrtp, and the OpenSSL it was built with."""

SALT_LENGTH: Final = 12
_EXPORTER: Final = b"EXTRACTOR-dtls_srtp"
_GCM_KEYS: Final = {b"SRTP_AEAD_AES_128_GCM": 16, b"SRTP_AEAD_AES_256_GCM": 32}

LARGEST_PROTECTED: Final = 1500
"""What is longer is no packet of a browser's."""

srtp_protect: Callable[[Any, Any, Any], int] = lib.srtp_protect
"""`srtp_protect(context, buffer, length)` encrypts RTP in place and updates `length`; 0 is success."""


def _address(function: str) -> int:
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, function)))


PROTECT_ADDRESS: Final = _address("srtp_protect")
UNPROTECT_ADDRESS: Final = _address("srtp_unprotect")
UNPROTECT_RTCP_ADDRESS: Final = _address("srtp_unprotect_rtcp")
"""Where libsrtp's functions lie in memory, for callers that are not Python."""


def new_buffer(size: int) -> tuple[Any, memoryview]:
    """Return memory for `srtp_protect` and a view of it."""
    memory = ffi.new("unsigned char[]", size)
    return memory, memoryview(ffi.buffer(memory))


def new_length() -> Any:
    """Return the `int *` in which `srtp_protect` takes and gives lengths."""
    return ffi.new("int *")


class MasterKey(NamedTuple):
    """What DTLS agreed for one direction of an AES-GCM profile: 16 or 32 bytes, and 12 bytes of salt."""

    key: bytes
    salt: bytes


class Cipher:
    """Both SRTP directions of one connected peer."""

    def __init__(self, receiving: Session, sending: Session, _key: MasterKey | None = None) -> None:
        self._receiving = receiving
        self._sending = sending
        self._memory, self._view = new_buffer(LARGEST_PROTECTED)
        self._length = new_length()

    def unprotect(self, data: bytes) -> bytes | None:
        """Return the RTP packet inside, or None when it is forged, repeated or too long."""
        return self._decrypt(lib.srtp_unprotect, data)

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """Return the RTCP packet inside, or None when it is forged, repeated or too long."""
        return self._decrypt(lib.srtp_unprotect_rtcp, data)

    def _decrypt(self, unprotect: Callable[[Any, Any, Any], int], data: bytes) -> bytes | None:
        """Do what pylibsrtp's `Session` does, in memory that is there already and without exceptions."""
        size = len(data)
        if size > LARGEST_PROTECTED:
            return None
        view, length = self._view, self._length
        view[:size] = data
        length[0] = size
        if unprotect(self._receiving._srtp[0], self._memory, length):
            return None
        return bytes(view[: length[0]])

    def protect(self, data: bytes) -> bytes:
        """Encrypt one RTP packet into memory of its own."""
        return self._sending.protect(data)

    def protect_rtcp(self, data: bytes) -> bytes:
        """Encrypt one RTCP packet."""
        return self._sending.protect_rtcp(data)

    @property
    def context(self) -> Any:
        """The sending libsrtp context for `srtp_protect`. Whoever keeps it must keep this object too."""
        return self._sending._srtp[0]

    @property
    def context_address(self) -> int:
        """Where that context lies in memory."""
        return int(ffi.cast("uintptr_t", self.context))

    @property
    def receiving_address(self) -> int:
        """Where the receiving libsrtp context lies. Whoever keeps it must keep this object too."""
        return int(ffi.cast("uintptr_t", self._receiving._srtp[0]))


NewCipher = Callable[[Session, Session, MasterKey | None], Cipher]
"""Makes a cipher of the receiving and the sending session, and the key of the latter if it is for AES-GCM."""


class Turns:
    """One step of one DTLS association per turn of the loop: a step is a millisecond of mathematics.

    Whoever waits for a datagram waits outside, so handshakes that stall hold nobody up, however many.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Wait for one's turn; first come, first served."""
        async with self._lock:
            await asyncio.sleep(0)


class _Datagrams:
    """What `RTCDtlsTransport` takes for its ICE transport."""

    def __init__(self, role: str, send: Callable[[bytes], None], turns: Turns) -> None:
        self.role = role
        self._waiting: deque[bytes] = deque()
        self._came = asyncio.Event()
        self._ended = False
        self._send_now = send
        self._turns = turns

    def put(self, data: bytes) -> None:
        if len(self._waiting) < WAITING_DATAGRAMS:
            self._waiting.append(data)
            self._came.set()

    def end(self) -> None:
        self._ended = True
        self._came.set()

    async def _recv(self) -> bytes:
        while not self._waiting and not self._ended:
            self._came.clear()
            await self._came.wait()
        if not self._ended:
            await self._turns.take()
        if self._ended:
            raise ConnectionError
        return self._waiting.popleft()

    async def _send(self, data: bytes) -> None:
        self._send_now(data)


class SecureTransport:
    """One DTLS-SRTP association. aiortc is the server when told it is ICE-controlling, else the client."""

    def __init__(
        self,
        certificate: RTCCertificate,
        send: Callable[[bytes], None],
        on_closed: Callable[[], None],
        *,
        server: bool = True,
        turns: Turns | None = None,
        new_cipher: NewCipher = Cipher,
    ) -> None:
        self._turns = turns or Turns()
        self._new_cipher = new_cipher
        self._datagrams = _Datagrams("controlling" if server else "controlled", send, self._turns)
        self._dtls = RTCDtlsTransport(self._datagrams, [certificate])  # type: ignore[arg-type]  # duck-typed
        self._on_closed = on_closed

    def receive(self, data: bytes) -> None:
        """Take one DTLS datagram."""
        self._datagrams.put(data)

    async def handshake(self, fingerprints: list[RTCDtlsFingerprint]) -> Cipher | None:
        """Run the handshake; None when it fails or the certificate is not the announced one."""
        await self._turns.take()
        try:
            await self._dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        except SSL.Error:  # its own time-outs; what the peer does wrong ends in the state
            return None
        if self._dtls.state != "connected":
            return None
        self._dtls.on("statechange", self._watch)
        return self._new_cipher(self._dtls._rx_srtp, self._dtls._tx_srtp, self._sending_key())

    def _sending_key(self) -> MasterKey | None:
        """Return what packets to the other side are encrypted with, if by AES-GCM (RFC 5764 section 4.2)."""
        agreed = self._dtls._ssl
        length = _GCM_KEYS.get(agreed.get_selected_srtp_profile()) if agreed is not None else None
        if agreed is None or length is None:
            return None
        exported = agreed.export_keying_material(_EXPORTER, 2 * (length + SALT_LENGTH))
        n = 1 if self._dtls._role == "server" else 0
        salts = 2 * length + n * SALT_LENGTH
        return MasterKey(exported[n * length :][:length], exported[salts:][:SALT_LENGTH])

    async def stop(self) -> None:
        """Send close_notify and end the association's task."""
        self._dtls.remove_all_listeners()
        await self._dtls.stop()
        self._datagrams.end()

    def _watch(self) -> None:
        if self._dtls.state in {"closed", "failed"}:
            self._on_closed()


def new_certificate() -> RTCCertificate:
    """Make the certificate of a process."""
    return RTCCertificate.generateCertificate()


def fingerprint(certificate: RTCCertificate) -> str:
    """Return `sha-256 AB:CD:…` for the SDP."""
    found = next(f for f in certificate.getFingerprints() if f.algorithm == "sha-256")
    return f"{found.algorithm} {found.value}"
