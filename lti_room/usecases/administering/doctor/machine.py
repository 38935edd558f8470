"""This machine: the data folder, the disk, Redis, the parts that should be running, the media port."""

import ipaddress
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import orjson
import redis.exceptions

from lti_room.base.clock import Clock
from lti_room.base.redis_client import Redis, text
from lti_room.base.settings import Settings
from lti_room.usecases.administering.doctor.finding import Finding, fail, ok, warn

OLDEST_REDIS: Final = (6, 2)
_LITTLE_BYTES: Final = 2 * 1024**3
_TOO_LITTLE_BYTES: Final = 200 * 1024**2
_BELIEVED_BEATS: Final = 3
_WORKER_BEAT_SECONDS: Final = 1.0


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Who may read the data folder, and how much room the disk has left."""
    folder = settings.data
    if not folder.is_dir():
        yield warn("data folder", f"{folder} is not there yet", "It is made at the first start.")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield fail("data folder", f"others can read it (mode {mode:o})", f"It holds keys: chmod 700 {folder}")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield fail("data folder", "this user may not write to it", f"Give it to this user: chown {folder}")
    else:
        yield ok("data folder", f"{folder}, only for this user")
    yield _disk(shutil.disk_usage(folder).free)


def _disk(free: int) -> Finding:
    said = f"{free / 1024**3:.1f} GB free"
    if free < _TOO_LITTLE_BYTES:
        return fail("disk", said, "Redis stops taking changes when the disk is full: make room now.")
    if free < _LITTLE_BYTES:
        return warn("disk", said, "Make room before it is full.")
    return ok("disk", said)


def redis_server(client: Redis, settings: Settings) -> Iterator[Finding]:
    """Version and persistence of Redis."""
    try:
        info: dict[str, Any] = dict(client.info())
    except redis.exceptions.RedisError:
        yield fail("Redis", "it does not answer", "Start it, or correct LTI_ROOM_REDIS_URL.")
        return
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_REDIS:
        yield fail("Redis", f"version {version}", "Install version 6.2 or newer.")
    else:
        yield ok("Redis", f"version {version}")
    yield from _persistence(client, info, settings)


def _persistence(client: Redis, info: dict[str, Any], settings: Settings) -> Iterator[Finding]:
    about = "Redis persistence"
    if not int(info.get("aof_enabled", 0)):
        yield fail(about, "the append-only file is off", "Set appendonly yes and appendfsync always there.")
        return
    if info.get("aof_last_write_status", "ok") != "ok":
        yield fail(about, "the last write failed", "Look at the disk Redis writes to, and at its log.")
    fsync, policy = _configured(client, "appendfsync"), _configured(client, "maxmemory-policy")
    if fsync is None or policy is None:
        yield warn(
            about, "it does not show its settings", "Make sure of appendfsync always and noeviction there."
        )
        return
    if policy != "noeviction":
        yield fail(about, f"maxmemory-policy is {policy}", "Set it to noeviction: nothing here is a cache.")
    if fsync != "always":
        lost = "up to a second of changes is lost when the machine dies"
        yield warn(about, f"appendfsync is {fsync}: {lost}", "Set appendfsync always there.")
    elif policy == "noeviction":
        yield ok(about, "every change is on disk before it is acknowledged")


def _configured(client: Redis, name: str) -> str | None:
    try:
        found: Any = client.config_get(name)
    except redis.exceptions.RedisError:
        return None  # managed ones forbid CONFIG
    values = [value for key, value in found.items() if text(key) == name]
    return text(values[0]) if values else None


def processes(client: Redis, settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Whether as many web processes and media workers beat as there should be."""
    alive = clock.now() - settings.process_beat_seconds * _BELIEVED_BEATS
    yield _beating("web processes", client.zcount("procs", alive, "+inf"), settings.web_workers)
    beats = [record["beat"] for record in workers(client)]
    now = _redis_now(client)
    fresh = sum(now - beat <= _WORKER_BEAT_SECONDS * _BELIEVED_BEATS for beat in beats)
    yield _beating("media workers", fresh, settings.media_workers)


def _beating(about: str, found: int, wanted: int) -> Finding:
    said = f"{found} of {wanted} running"
    if found == 0:
        return warn(about, said, "Start them: lti-room up.")
    if found < wanted:
        return fail(about, said, "Look into the log why the others stopped.")
    return ok(about, said)


def workers(client: Redis) -> list[dict[str, Any]]:
    """Return what each media worker last wrote of itself."""
    stored: Any = client.hgetall("media:workers")
    return [orjson.loads(record) for record in stored.values()]


def _redis_now(client: Redis) -> float:
    seconds, micros = client.time()
    return float(seconds) + micros / 1e6


def media_port(client: Redis, settings: Settings) -> Iterator[Finding]:
    """Whether browsers can find the media workers: bound ports, and the address they are told."""
    running = {int(record["port"]) for record in workers(client)}
    for n in range(settings.media_workers):
        port = settings.media_bind.port + n
        announced = (settings.media_port + n) if settings.media_port else port
        if announced in running:
            yield ok("media port", f"UDP {announced}: a media worker answers for it")
        elif _can_bind(settings.media_bind.host, port):
            yield ok("media port", f"UDP {port} is free for a media worker")
        else:
            advice = "Stop what runs there, or set LTI_ROOM_MEDIA_BIND to another one."
            yield fail("media port", f"UDP {settings.media_bind.host}:{port} cannot be had", advice)
    yield _announced(settings)


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _announced(settings: Settings) -> Finding:
    about, said = "media address", settings.media_address or settings.media_bind.host
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return fail(about, f"{said} is not an IP address", "Set LTI_ROOM_MEDIA_ADDRESS to the public one.")
    if settings.development:
        return ok(about, f"{said}, for trying out")
    if address.is_unspecified:
        return warn(
            about, "browsers are told every address of this machine", "Set LTI_ROOM_MEDIA_ADDRESS instead."
        )
    if address.is_loopback:
        return fail(about, f"{said} is this machine only", "Set LTI_ROOM_MEDIA_ADDRESS to the public one.")
    if address.is_private:
        advice = "Right only if everybody is in that network; else set LTI_ROOM_MEDIA_ADDRESS."
        return warn(about, f"{said} is a private address", advice)
    return ok(about, f"{said}; the firewall must let UDP in to the media ports")
