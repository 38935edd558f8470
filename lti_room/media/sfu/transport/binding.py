"""The UDP sockets of a worker: one port at each local address, and beside each socket one for reports."""

import ipaddress
import socket
import sys
from typing import Final

import ifaddr

from lti_room.base.log import logger
from lti_room.base.settings import Address
from lti_room.media.sfu.transport.receiving import SO_TIMESTAMPNS
from lti_room.media.sfu.transport.sorting import sort

SOCKET_BUFFER: Final = 4 * 1024 * 1024

Bound = tuple[socket.socket, socket.socket | None]
"""A bound socket, and the one of the same address on which reports lie aside, where the kernel sorts them."""

_log = logger("media.mux")


def bind_all(bind: Address) -> list[Bound]:
    """Bind one address, or all local ones when asked for the unspecified one.

    One socket on 0.0.0.0 answers from the route's source address; where that is not the address the browser
    sent to, the browser drops the answer. So each address gets a socket of its own, all on the same port.

    Raises:
        OSError: the address is taken or not ours.
    """
    numeric = str(socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_DGRAM)[0][4][0])
    asked = ipaddress.ip_address(numeric)
    if not asked.is_unspecified:
        return [_bind(Address(numeric, bind.port))]
    port = bind.port
    bound: list[Bound] = []
    for host in local_hosts(asked.version):
        try:
            bound.append(_bind(Address(host, port)))
        except OSError:
            _log.warning("cannot listen on %s", host)
            continue
        port = bound[0][0].getsockname()[1]
    if not bound:
        raise OSError(f"no local address could be bound for {bind}")
    return bound


def local_hosts(version: int) -> list[str]:
    """Return this machine's addresses of an IP version, loopback last."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            host = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            parsed = ipaddress.ip_address(host)
            if parsed.version == version and not parsed.is_link_local and host not in found:
                found.append(host)
    return sorted(found, key=lambda host: ipaddress.ip_address(host).is_loopback)


def _bind(address: Address) -> Bound:
    """Bind an address that nobody else has.

    Sockets that share an address let each other in, another worker's as well: so it is first bound alone.
    """
    with _bound(address, shared=False) as alone:
        here = Address(address.host, alone.getsockname()[1])
    first = _bound(here, shared=True)
    if not sort(first):
        return first, None
    try:
        return first, _bound(here, shared=True)
    except OSError:
        first.close()
        raise


def _bound(address: Address, *, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        if sys.platform == "linux":
            made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        made.bind((address.host, address.port))
    except OSError:
        made.close()
        raise
    return made
