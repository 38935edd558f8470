"""The public address, asked from here: does it lead to us, over https, past a proxy that tells the truth?"""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.settings import Settings
from lti_room.usecases.administering.doctor.finding import Finding, fail, ok, warn

SECONDS: Final = 5.0
MOST_BYTES: Final = 256 * 1024
_STRANGER: Final = "192.0.2.77"
"""An address of nobody (RFC 5737): if the app believes it, it would believe anybody's word."""
_SOON_DAYS: Final = 14
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Heard:
    """An answer of our own public address."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_ends: float | None

    def json(self) -> Any:
        """Return the body as JSON, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Unreachable(Exception):
    """No answer; the text is a fixed reason."""


def ask(address: str, headers: Mapping[str, str] | None = None) -> Heard:
    """GET an address of our own; nothing is followed.

    Raises:
        Unreachable: no connection, no valid certificate, no HTTP.
    """
    parts = urlsplit(address)
    try:
        with closing(_connection(parts.scheme, parts.hostname or "", parts.port)) as connection:
            connection.connect()
            ends = _certificate_ends(connection)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            body = b"" if answer.status == 101 else answer.read(MOST_BYTES)
            return Heard(answer.status, said, body, ends)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"its certificate is not valid ({error.verify_message})") from None
    except ssl.SSLError:
        raise Unreachable("no https there") from None
    except socket.gaierror:
        raise Unreachable("its host name is not in the DNS") from None
    except (OSError, http.client.HTTPException):
        raise Unreachable("no answer") from None


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


def _certificate_ends(connection: http.client.HTTPConnection) -> float | None:
    sock: Any = connection.sock
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    return ssl.cert_time_to_seconds(str(certificate["notAfter"])) if certificate else None


def public_address(settings: Settings, kid: str, clock: Clock, socket_path: str) -> Iterator[Finding]:
    """Everything that can be seen from here. `kid` names our current tool key."""
    about, url = "public address", settings.public_url
    try:
        heard = ask(f"{url}/health/address", {"X-Forwarded-For": _STRANGER})
    except Unreachable as reason:
        advice = "Start the room, its proxy and its DNS entry; some networks do not reach themselves so."
        yield fail(about, f"{url}: {reason}", advice)
        return
    yield from _certificate(heard, clock)
    seen = heard.json()
    if heard.status != 200 or not isinstance(seen, dict) or "scheme" not in seen:
        yield fail(about, f"{url} is answered by something else", "Let the proxy pass every path to us.")
        return
    yield _identity(url, kid)
    yield from _proxy(settings, seen)
    yield _no_redirect(url)
    yield _websocket(url, f"{url}{socket_path}/?EIO=4&transport=websocket")


def _certificate(heard: Heard, clock: Clock) -> Iterator[Finding]:
    if heard.certificate_ends is None:
        return
    days = int((heard.certificate_ends - clock.now()) // _DAY_SECONDS)
    if days < _SOON_DAYS:
        yield warn("certificate", f"it ends in {days} days", "Renew it, and see why that is not automatic.")
    else:
        yield ok("certificate", f"valid for {days} more days")


def _identity(url: str, kid: str) -> Finding:
    try:
        keys = ask(f"{url}/lti/jwks.json").json()
        found = [key["kid"] for key in keys["keys"]]
    except (Unreachable, TypeError, KeyError):
        return fail("public address", "it does not show our keys", "Let the proxy pass /lti/jwks.json to us.")
    if kid not in found:
        advice = (
            "Correct LTI_ROOM_PUBLIC_URL, the proxy, or LTI_ROOM_REDIS_URL: they belong to two installations."
        )
        return fail("public address", "another installation answers there", advice)
    return ok("public address", f"{url} leads here")


def _proxy(settings: Settings, seen: Mapping[str, Any]) -> Iterator[Finding]:
    wanted = urlsplit(settings.public_url)
    told = "LTI_ROOM_TRUSTED_PROXIES must say how many stand in front"
    if seen.get("scheme") != wanted.scheme:
        advice = f"Let the proxy set X-Forwarded-Proto; {told}."
        yield fail("proxy", f"requests arrive as {seen.get('scheme')}", advice)
    elif seen.get("host") != wanted.netloc:
        advice = f"Let the proxy pass Host or X-Forwarded-Host on; {told}."
        yield fail("proxy", f"requests arrive for the host {seen.get('host')}", advice)
    elif seen.get("address") == _STRANGER:
        advice = f"Let the proxy set X-Forwarded-For anew; {told}, and no more."
        yield fail("proxy", "it believes what visitors say of their address", advice)
    elif settings.secure and not settings.trusted_proxies:
        yield warn("proxy", "no proxy is trusted, yet requests arrive over https", f"Check: {told}.")
    else:
        yield ok("proxy", "scheme, host and address arrive as they should")


def _no_redirect(url: str) -> Finding:
    """A redirect of `/rooms/…` would carry the ticket in its fragment along."""
    try:
        heard = ask(f"{url}/rooms/{entropy.new_id('r')}")
    except Unreachable:
        heard = None
    if heard is None or heard.status != 404:
        said = f"an unknown room is answered with {heard.status if heard else 'nothing'}, not 404"
        return fail("proxy", said, "Let it pass /rooms/… as it is: no redirect, no error page of its own.")
    return ok("proxy", "it leaves the room's addresses alone")


def _websocket(url: str, address: str) -> Finding:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": url,
    }
    try:
        status = ask(address, headers).status
    except Unreachable:
        status = 0
    if status == 101:
        return ok("websocket", "it gets through")
    advice = f"Let the proxy pass Upgrade and Connection on for {urlsplit(address).path}, without buffering."
    return fail("websocket", "it does not get through", advice)


def clock_difference(headers: Mapping[str, str], now: float) -> float | None:
    """Return by how many seconds our clock is ahead of an answer's Date header; None without one."""
    try:
        return now - parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
