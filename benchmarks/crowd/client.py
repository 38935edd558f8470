"""A real ICE and DTLS client whose socket is given away once it is connected: no event loop per packet."""

import os
import socket

from tests.support.rtc_client import RtcClient


class GivenAway(RtcClient):
    """Connects like any client; then whoever called `give_away` reads, sends and keeps the consent alive."""

    def give_away(self) -> socket.socket:
        """Stop reading and return the connected socket; `cipher` and `binding_request` go on working."""
        assert self._transport is not None
        assert self._remote is not None
        if self._checks is not None:
            self._checks.cancel()
        given = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))
        self._transport.abort()
        self._transport = None
        given.setblocking(False)
        given.connect(self._remote.address)
        return given
