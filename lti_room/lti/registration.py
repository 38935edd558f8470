"""What an admin registered: one platform's issuer and client_id, with its addresses."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from lti_room.base.settings import SettingsError
from lti_room.lti.roles import LaunchRole, RoleTable

ALGORITHMS: Final = ("RS256", "RS384", "RS512")
"""What may be agreed on (Security Framework 1.0 section 5.1.3: RS256 unless both sides agree on another)."""

_REQUIRED: Final = ("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")


class Platform(StrEnum):
    """The product: it selects the quirks."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    SAKAI = "sakai"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One (issuer, client_id). `id` is a short hash of the two."""

    id: str
    name: str
    platform: Platform
    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    deployments: frozenset[str] = frozenset()
    frame_origins: tuple[str, ...] = ()
    roles: RoleTable = field(default_factory=RoleTable)
    enabled: bool = True
    algorithms: tuple[str, ...] = ("RS256",)
    default_target_link_uri: str | None = None
    learn_frame_origins: bool = True
    private_network: bool = False


class RegistrationStore(Protocol):
    """Where registrations are looked up."""

    def find(self, registration_id: str) -> Registration | None:
        """Return a registration by its id."""
        ...

    def of_issuer(self, issuer: str) -> Sequence[Registration]:
        """Return all registrations of an issuer, compared exactly."""
        ...


class RegistrationList:
    """Registrations that do not change while we run.

    Raises:
        SettingsError: two of them have the same issuer and client_id.
    """

    def __init__(self, registrations: Iterable[Registration]) -> None:
        self._by_id: dict[str, Registration] = {}
        self._by_issuer: dict[str, list[Registration]] = {}
        for registration in registrations:
            if registration.id in self._by_id:
                raise SettingsError(
                    f"{registration.issuer} is registered twice with the client_id {registration.client_id}."
                )
            self._by_id[registration.id] = registration
            self._by_issuer.setdefault(registration.issuer, []).append(registration)

    def find(self, registration_id: str) -> Registration | None:
        """Return a registration by its id."""
        return self._by_id.get(registration_id)

    def of_issuer(self, issuer: str) -> Sequence[Registration]:
        """Return all registrations of an issuer, compared exactly."""
        return self._by_issuer.get(issuer, ())


def registration_id(issuer: str, client_id: str) -> str:
    """Return the id of a registration: 16 hex characters."""
    return hashlib.sha256(f"{issuer}\0{client_id}".encode()).hexdigest()[:16]


def from_mapping(entry: Mapping[str, Any], *, development: bool = False) -> Registration:
    """Read one registration as it stands in the TOML file (design section 7).

    Args:
        entry: the members of one `[[registration]]`.
        development: allow http for hosts on loopback or in a private network.

    Raises:
        SettingsError: a member is missing, unknown or malformed; the sentence names it.
    """
    values = dict(entry)
    where = f"Registration {values['name']!r}" if isinstance(values.get("name"), str) else "A registration"
    try:
        return _read(values, development)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}.") from None


def _read(values: dict[str, Any], development: bool) -> Registration:
    known = {*_REQUIRED, "platform", "deployments", "frame_origins", "roles", "enabled", "algorithms"}
    known |= {"default_target_link_uri", "learn_frame_origins", "private_network"}
    if unknown := sorted(values.keys() - known):
        raise ValueError(f"{unknown[0]} is not a known member")
    required = {name: _text(values, name) for name in _REQUIRED}
    addresses = {
        name: _address(values, name, development) for name in ("auth_login_url", "auth_token_url", "jwks_url")
    }
    return Registration(
        **(required | addresses),
        id=registration_id(required["issuer"], required["client_id"]),
        platform=_one_of(Platform, values, "platform"),
        deployments=frozenset(_texts(values, "deployments")),
        frame_origins=tuple(_frame_origin(text, development) for text in _texts(values, "frame_origins")),
        roles=_roles(values.get("roles", {})),
        enabled=_switch(values, "enabled", True),
        algorithms=_algorithms(values),
        default_target_link_uri=_text(values, "default_target_link_uri")
        if "default_target_link_uri" in values
        else None,
        learn_frame_origins=_switch(values, "learn_frame_origins", True),
        private_network=_switch(values, "private_network", False),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value or not value.isprintable() or value != value.strip():
        raise ValueError(f"{name} must be a text that is not empty")
    return value


def _texts(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(value)


def _switch(values: Mapping[str, Any], name: str, default: bool) -> bool:
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")
    return value


def _one_of(kind: type[Platform], values: Mapping[str, Any], name: str) -> Platform:
    try:
        return kind(values.get(name, Platform.OTHER))
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(kind)}") from None


def _algorithms(values: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = _texts(values, "algorithms") or ("RS256",)
    if set(chosen) - set(ALGORITHMS):
        raise ValueError(f"algorithms may hold {', '.join(ALGORITHMS)} only")
    return chosen


def _roles(entry: object) -> RoleTable:
    if not isinstance(entry, dict):
        raise ValueError("roles must be a table of role and result")
    try:
        return RoleTable({str(role): LaunchRole(result) for role, result in entry.items()})
    except ValueError:
        raise ValueError(f"roles: each result must be one of {', '.join(LaunchRole)}") from None


def _address(values: Mapping[str, Any], name: str, development: bool) -> str:
    text = _text(values, name)
    parts = urlsplit(text)
    if not parts.hostname or "@" in parts.netloc or parts.fragment or not text.isascii() or " " in text:
        raise ValueError(f"{name} must be a web address without user name or #")
    if parts.scheme != "https" and not (development and parts.scheme == "http" and is_local(parts.hostname)):
        raise ValueError(f"{name} must start with https://")
    return text


def _frame_origin(text: str, development: bool) -> str:
    parts = urlsplit(_address({"frame_origins": text}, "frame_origins", development))
    if parts.path.strip("/") or parts.query:
        raise ValueError("frame_origins must hold origins such as https://school.example, without a path")
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_local(host: str) -> bool:
    """Whether a host name means this machine or a private address, judged without asking the DNS."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_private
