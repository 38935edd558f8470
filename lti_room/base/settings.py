"""Every setting in one table: environment variable, parser, default, meaning.

`config/README.md` prints this table and a test keeps the two equal.
"""

import hashlib
import ipaddress
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lti_room.base.errors import AppError

PREFIX = "LTI_ROOM_"


class SettingsError(AppError):
    """A setting is unknown or malformed; the start stops with a sentence that names it."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_setting", message)


class Address(NamedTuple):
    """A host and a port to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("needs host:port")
    return Address(host.strip("[]"), int(port))


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("needs an address such as https://rooms.example.org, without a path")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _count(text: str) -> int:
    if not text.isdigit():
        raise ValueError("needs a whole number")
    return int(text)


def _switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("needs 0 or 1")
    return text == "1"


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"needs one of {', '.join(allowed)}")
        return text

    return parse


def _text(text: str) -> str:
    return text


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _setting(parse: Callable[[str], Any], default: str, meaning: str) -> Any:
    return field(metadata={"parse": parse, "default": default, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, parsed and checked. Field `x_y` is the variable `LTI_ROOM_X_Y`."""

    public_url: str = _setting(_origin, "http://127.0.0.1:8000", "The address browsers use for the room")
    bind: Address = _setting(_address, "127.0.0.1:8000", "Where the web server listens")
    redis_url: str = _setting(_text, "", "A managed Redis; empty: one is started in the data folder")
    data: Path = _setting(_path, "data", "The folder that holds everything that must survive")
    registrations: str = _setting(_text, "", "Path of the TOML file with registrations; empty: none")
    web_workers: int = _setting(_count, "1", "Web processes that share the listening address")
    trusted_proxies: int = _setting(_count, "0", "How many reverse proxies stand in front of the web server")
    media_workers: int = _setting(_count, "1", "Media workers, one for each core that may carry media")
    media_bind: Address = _setting(
        _address, "127.0.0.1:8100", "Where media worker 0 listens (UDP); worker n: port + n"
    )
    media_address: str = _setting(
        _text, "", "The IP address announced to browsers; empty: the one of MEDIA_BIND"
    )
    media_port: int = _setting(
        _count, "0", "The port announced for worker 0, likewise + n; 0: the one of MEDIA_BIND"
    )
    media_fast_path: str = _setting(
        _one_of("auto", "off", "required"),
        "auto",
        "Send media by the C extension: auto (if it was built), off, or required",
    )
    media_trains: bool = _setting(
        _switch, "1", "1 lets a picture's packets wait 2 ms at most to leave together (UDP GSO), 0 does not"
    )
    devlms_bind: Address = _setting(
        _address, "localhost:8001", "Where the emulated LMSs listen (development only)"
    )
    development: bool = _setting(_switch, "0", "1 allows http, loopback platforms and the emulated LMSs")
    log_level: str = _setting(_text, "INFO", "DEBUG, INFO, WARNING or ERROR")

    stage_seats: int = _setting(_count, "25", "Seats on the stage of a new room")
    invitation_seconds: int = _setting(_count, "120", "How long a stage invitation waits for an answer")
    get_ready_seconds: int = _setting(_count, "600", "How long a place is kept while somebody sets devices")
    more_time_seconds: int = _setting(_count, "120", "What 'Give me more time' adds")
    keep_seat_seconds: int = _setting(_count, "30", "How long a seat is kept after a lost connection")
    early_entry_seconds: int = _setting(
        _count, "900", "How long before its start a scheduled room lets everybody in"
    )
    session_idle_seconds: int = _setting(_count, "600", "A session ends this long after the last person left")
    socket_ping_seconds: int = _setting(_count, "10", "Interval and time-out of the socket's ping")
    process_beat_seconds: int = _setting(_count, "5", "Heartbeat of a web process; believed for three beats")

    entry_ticket_seconds: int = _setting(_count, "120", "Life of an unused entry ticket")
    ticket_seconds: int = _setting(_count, "600", "Life of a working ticket")
    course_people_seconds: int = _setting(
        _count, "300", "How long a course's list of people is believed; it is gone after three times that"
    )
    launch_seconds: int = _setting(_count, "43200", "Nothing is renewed this long after the launch")
    login_seconds: int = _setting(_count, "600", "How long a started login may take")
    logins_per_minute: int = _setting(_count, "3000", "Logins per registration and address")
    failed_launches_per_minute: int = _setting(_count, "30", "Failed launches per registration and address")
    window_codes_per_minute: int = _setting(
        _count, "300", "Codes of new windows that nobody announced, per address"
    )

    admin_link_seconds: int = _setting(
        _count, "600", "How long the link of `lti-room admin` waits to be used"
    )
    admin_idle_seconds: int = _setting(
        _count, "1800", "A sign-in to /admin ends when nothing was done so long"
    )
    admin_stay_seconds: int = _setting(_count, "28800", "A sign-in to /admin ends this long after it began")
    admin_tries_per_minute: int = _setting(_count, "10", "Wrong codes at /admin per address")
    retention_days: int = _setting(
        _count, "365", "Names, chat and attendance are deleted after so many days; 0: never"
    )

    tool_key_days: int = _setting(_count, "7", "How long a replaced tool key stays published")
    registration_invitation_seconds: int = _setting(
        _count, "86400", "Life of an invitation to register a platform"
    )
    audit_entries: int = _setting(_count, "10000", "Changes by admins that are kept in the audit log")

    grade_retry_seconds: int = _setting(
        _count, "5", "Wait before a grade that failed is tried again; doubled each time, at most 15 minutes"
    )
    grade_tries: int = _setting(_count, "12", "Tries before a grade fails and waits for a person")

    message_bytes: int = _setting(_count, "65536", "Largest message a browser may send over the socket")
    acts_per_10_seconds: int = _setting(_count, "60", "Commands one connection may send")
    chat_characters: int = _setting(_count, "2000", "Longest chat message")
    chats_per_10_seconds: int = _setting(_count, "10", "Chat messages one participant may send")
    chat_history: int = _setting(_count, "200", "Chat messages a newcomer is shown")
    reactions_per_10_seconds: int = _setting(_count, "10", "Reactions one participant may send")
    roster_full_people: int = _setting(
        _count, "200", "Up to this many people lists are complete; above: counts and pages"
    )
    roster_page: int = _setting(_count, "50", "People on one page of the list")
    snapshot_events: int = _setting(_count, "200", "Events between two snapshots of a room")
    room_connections: int = _setting(_count, "2000", "Connections one room may have")
    participant_connections: int = _setting(_count, "8", "Connections one participant may have")

    @property
    def secure(self) -> bool:
        """Whether browsers reach the room over https."""
        return self.public_url.startswith("https://")

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens; a path over 107 bytes is impossible, so a long one moves."""
        path = self.data / "redis" / "redis.sock"
        if len(bytes(path)) <= 100:
            return path
        name = hashlib.sha256(bytes(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"lti-room-{os.getuid()}-{name}" / "redis.sock"

    @property
    def effective_redis_url(self) -> str:
        """The Redis to use: the managed one, or the embedded one's socket."""
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def devlms_url(self) -> str:
        """The origin of the emulated LMSs."""
        return f"http://{self.devlms_bind}"


def variables() -> list[tuple[str, str, str]]:
    """Return (variable, default, meaning) of every setting, in order."""
    return [(PREFIX + f.name.upper(), f.metadata["default"], f.metadata["meaning"]) for f in fields(Settings)]


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def _check(settings: Settings) -> None:
    if settings.development:
        listens = {
            "BIND": settings.bind.host,
            "DEVLMS_BIND": settings.devlms_bind.host,
            "MEDIA_BIND": settings.media_bind.host,
            "PUBLIC_URL": urlsplit(settings.public_url).hostname or "",
        }
        for name, host in listens.items():
            if not _is_local(host) or host in {"0.0.0.0", "::"}:  # noqa: S104 - refused, not bound
                raise SettingsError(
                    f"{PREFIX}DEVELOPMENT=1 lets anybody enter as anybody, so {PREFIX}{name} must be a "
                    f"loopback or private address, not {host!r}."
                )
    elif not settings.secure:
        raise SettingsError(
            f"{PREFIX}PUBLIC_URL must start with https:// (or set {PREFIX}DEVELOPMENT=1 to try the room out)."
        )
    if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{PREFIX}REDIS_URL must start with redis://, rediss:// or unix://.")
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingsError(f"{PREFIX}LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    least_one = ("web_workers", "media_workers", "stage_seats")
    admin = ("admin_link_seconds", "admin_idle_seconds", "admin_stay_seconds", "admin_tries_per_minute")
    for name in (*least_one, *admin):
        if getattr(settings, name) < 1:
            raise SettingsError(f"{PREFIX}{name.upper()} must be at least 1.")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable with our prefix is unknown, or one does not parse.
    """
    env = os.environ if environment is None else environment
    table = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    unknown = sorted(name for name in env if name.startswith(PREFIX) and name not in table)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting of lti-room; config/README.md lists them all.")
    values: dict[str, Any] = {}
    for name, spec in table.items():
        text = env.get(name, spec.metadata["default"])
        try:
            values[spec.name] = spec.metadata["parse"](text)
        except ValueError as error:
            raise SettingsError(f"{name}={text!r}: {error}.") from error
    settings = Settings(**values)
    _check(settings)
    return settings
