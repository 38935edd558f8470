"""One peer connection as the server sees it: ICE-lite credentials, DTLS, SRTP, and when it ends."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from aiortc import RTCCertificate, RTCDtlsFingerprint

from lti_room.base.entropy import new_secret
from lti_room.base.log import logger
from lti_room.media.sfu.congestion.samples import Samples
from lti_room.media.sfu.transport.allowance import Allowance
from lti_room.media.sfu.transport.dtls import Cipher, NewCipher, SecureTransport, Turns, fingerprint
from lti_room.media.sfu.transport.mux import Mux, Route
from lti_room.media.sfu.trouble import Trouble

HANDSHAKE_SECONDS: Final = 8.0
CONNECT_SECONDS: Final = 30.0
CONSENT_SECONDS: Final = 30.0

_log = logger("media.peer")


class PeerOwner(Protocol):
    """What is told about a peer connection: an uplink or a downlink."""

    def peer_connected(self) -> None:
        """DTLS is up: packets may be sent."""

    def peer_rerouted(self) -> None:
        """The peer is reached at another address from now on."""

    def peer_closed(self, reason: str) -> None:
        """The peer connection is over; called once."""

    def receive_rtp(self, data: bytes) -> None:
        """Take one decrypted RTP packet."""

    def receive_rtcp(self, data: bytes) -> None:
        """Take one decrypted RTCP packet."""


class Ground:
    """What all peer connections of a worker stand on."""

    def __init__(
        self,
        mux: Mux,
        certificate: RTCCertificate,
        now: Callable[[], float],
        new_cipher: NewCipher = Cipher,
    ) -> None:
        self.mux = mux
        self.new_cipher = new_cipher
        self.certificate = certificate
        self.fingerprint = fingerprint(certificate)
        self.now = now
        self.turns = Turns()
        self.trouble = Trouble(_log)


class Peer:
    """A peer connection. `now` of the ground is the loop's monotonic clock, seconds."""

    def __init__(self, ground: Ground, owner: PeerOwner) -> None:
        self.username = new_secret()[:12].replace("-", "a").replace("_", "b")
        self.password = new_secret()[:32].replace("-", "a").replace("_", "b")
        self.route: Route | None = None
        self.cipher: Cipher | None = None
        self.samples = Samples()
        self.closed = False
        self._ground = ground
        self._owner = owner
        self._nominated = False
        self._dtls_came = False
        self._fingerprints: list[RTCDtlsFingerprint] = []
        self._dtls = SecureTransport(
            ground.certificate,
            self._send_raw,
            self._remote_closed,
            turns=ground.turns,
            new_cipher=ground.new_cipher,
        )
        self._task: asyncio.Task[None] | None = None
        self._born = self._heard = ground.now()
        self._allowance = Allowance(self._born)
        ground.mux.add(self)

    @property
    def waited(self) -> float:
        """How long what is being received has waited for this process, seconds."""
        return self._ground.mux.waited

    def expect(self, fingerprints: list[RTCDtlsFingerprint]) -> None:
        """Take the certificates the other side announced. The handshake waits for them."""
        self._fingerprints = fingerprints
        if self._dtls_came:
            self._start_handshake()

    def send_rtp(self, data: bytes) -> None:
        """Encrypt and send one RTP packet of an SSRC that the fan-out does not use, if connected."""
        if self.cipher is not None and self.route is not None:
            self.route.send(self.cipher.protect(data))

    def send_rtcp(self, data: bytes) -> None:
        """Encrypt and send one RTCP packet, if connected."""
        if self.cipher is not None and self.route is not None:
            self.route.send(self.cipher.protect_rtcp(data))

    def overdue(self) -> bool:
        """Tell whether the peer never connected in time, or has not asked to go on (consent, RFC 7675)."""
        now = self._ground.now()
        if self.cipher is None:
            return now - self._born > CONNECT_SECONDS
        return now - self._heard > CONSENT_SECONDS

    def close(self, reason: str) -> None:
        """End the peer connection and tell the owner why. The second time nothing happens."""
        if self.closed:
            return
        self.closed = True
        if self._task is not None:
            self._task.cancel()
        self._closing = asyncio.ensure_future(self._dtls.stop())
        self._closing.add_done_callback(lambda _: self._ground.mux.remove(self))
        self._owner.peer_closed(reason)
        self.cipher = None

    def verified(self, route: Route, nominated: bool) -> None:
        """Learn of an address that proved to know the password."""
        self._heard = self._ground.now()
        if route is self.route:
            self._nominated = self._nominated or nominated
        elif nominated or self.route is None:
            self._nominated = self._nominated or nominated
            self._reroute(route)

    def receive_dtls(self, data: bytes, route: Route) -> None:
        """Take a DTLS datagram from any verified address: browsers send it before they nominate one.

        It may even come before the answer that announces its certificate; it is kept until then.
        """
        if self.closed:
            return
        self._dtls_came = True
        if not self._nominated and route is not self.route:
            self._reroute(route)
        self._dtls.receive(data)
        if self._fingerprints:
            self._start_handshake()

    def receive_srtp(self, data: bytes) -> None:
        """Take an SRTP or SRTCP datagram (RFC 5761: RTCP types are 192 to 223 in the second byte)."""
        if self.cipher is None or len(data) < 12:
            return
        allowance, now = self._allowance, self._ground.now()
        is_report = 192 <= data[1] <= 223
        ssrc = data[4:8] if is_report else data[8:12]
        if not allowance.may_decrypt(ssrc):
            return
        if is_report:
            plain = self.cipher.unprotect_rtcp(data)
            if plain is not None and allowance.take_report(ssrc, len(plain), now):
                self._owner.receive_rtcp(plain)
        else:
            plain = self.cipher.unprotect(data)
            if plain is not None and allowance.take_packet(ssrc, now):
                self._owner.receive_rtp(plain)

    def _reroute(self, route: Route) -> None:
        self.route = route
        if self.cipher is not None:
            self._owner.peer_rerouted()

    def _send_raw(self, data: bytes) -> None:
        if self.route is not None:
            self.route.send(data)

    def _start_handshake(self) -> None:
        if self._task is None and self.cipher is None:
            self._task = asyncio.ensure_future(self._handshake())

    async def _handshake(self) -> None:
        try:
            cipher = await asyncio.wait_for(
                self._dtls.handshake(self._fingerprints), timeout=HANDSHAKE_SECONDS
            )
        except TimeoutError:
            cipher = None
        except Exception:  # whatever a hostile peer makes OpenSSL say
            self._ground.trouble.note("a DTLS handshake broke")
            cipher = None
        if self.closed:
            return
        if cipher is None:
            _log.info("a DTLS handshake failed")
            self._task = None
            self.close("failed")
            return
        self.cipher = cipher
        self._owner.peer_connected()

    def _remote_closed(self) -> None:
        asyncio.get_running_loop().call_soon(self.close, "left")
