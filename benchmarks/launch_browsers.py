"""People who launch, as cheaply as it can be done: each has a connection and cookies of their own."""

import asyncio
import re
import time
from dataclasses import dataclass
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.platform import UnrulyPlatform

ADDRESSES: Final = tuple(f"127.0.0.{2 + number}" for number in range(20))
ROOMS: Final = 20
PEOPLE: Final = 3000
PATIENCE_SECONDS: Final = 15.0
_COOKIE: Final = re.compile(rb"^set-cookie: ([^=;\s]+)=([^;\r]+)", re.IGNORECASE | re.MULTILINE)
_LOCATION: Final = re.compile(rb"^location: (\S+)", re.IGNORECASE | re.MULTILINE)
_LENGTH: Final = re.compile(rb"^content-length: (\d+)", re.IGNORECASE | re.MULTILINE)
_numbers = count()


@dataclass(frozen=True)
class Door:
    """Where to launch: the tool's origin, its two addresses, the link's own, and the status of success."""

    origin: str
    login: str
    launch: str
    target: str
    accepted: int


@dataclass(frozen=True)
class Launched:
    """Milliseconds that login and launch took, until the whole answer; `error` is empty if all is well."""

    login: float
    launch: float
    error: str


async def one_after_another(door: Door, platform: UnrulyPlatform, many: int) -> list[Launched]:
    """Launch so often, each after the one before."""
    return [await _person(door, platform, next(_numbers)) for _ in range(many)]


async def arrive(door: Door, platform: UnrulyPlatform, rate: float, seconds: float) -> list[Launched]:
    """Launch at a fixed rate, whether the earlier ones are through or not."""
    began = time.perf_counter()
    tasks = []
    for number in range(round(rate * seconds)):
        ahead = began + number / rate - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(_person(door, platform, next(_numbers))))
    return list(await asyncio.gather(*tasks))


async def _person(door: Door, platform: UnrulyPlatform, number: int) -> Launched:
    parts = urlsplit(door.origin)
    began = time.perf_counter()
    login = launch = 0.0
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(
                parts.hostname, parts.port, local_addr=(ADDRESSES[number % len(ADDRESSES)], 0)
            )
            browser = _Browser(parts.netloc, reader, writer)
            status, location = await browser.post(door.login, platform.login_parameters(door.origin))
            login = (time.perf_counter() - began) * 1000
            if status != 302:
                return Launched(login, launch, f"login {status}")
            message = _message(door, platform, location, number)
            began = time.perf_counter()
            status, _ = await browser.post(door.launch, message)
            launch = (time.perf_counter() - began) * 1000
            writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        return Launched(login, (time.perf_counter() - began) * 1000, type(error).__name__)
    return Launched(login, launch, "" if status == door.accepted else f"launch {status}")


def _message(door: Door, platform: UnrulyPlatform, location: str, number: int) -> dict[str, str]:
    asked = parse_qs(urlsplit(location).query)
    claims = platform.claims(
        door.origin,
        asked["nonce"][0],
        "student",
        sub=f"person-{number % PEOPLE}",
        lti_resource_link={"id": f"link-{number % ROOMS}", "title": "Seminar room"},
    )
    return {"state": asked["state"][0], "id_token": platform.sign(claims)}


class _Browser:
    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._cookies: dict[str, str] = {}

    async def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Return the status, and where it redirects to."""
        body = urlencode(fields).encode()
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._host}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            *([f"Cookie: {jar}"] if jar else []),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await self._reader.readexactly(int(length[1]) if length else 0)
        for name, value in _COOKIE.findall(head):
            self._cookies[name.decode()] = value.decode()
        location = _LOCATION.search(head)
        return int(head[9:12]), location[1].decode() if location else ""
