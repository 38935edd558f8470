"""A registration as an entry of the TOML file, read and written (design section 7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.registration import (
    ALGORITHMS,
    Platform,
    Registration,
    RegistrationStatus,
    is_local,
    registration_id,
)
from lti_room.lti.roles import LaunchRole, RoleTable

_REQUIRED: Final = ("name", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")


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


def to_mapping(registration: Registration) -> dict[str, Any]:
    """Return the entry `from_mapping` would read this registration from, without members at their default."""
    plain = {name: getattr(registration, name) for name in (*_REQUIRED, "platform")}
    lists = {
        "deployments": sorted(registration.deployments),
        "frame_origins": list(registration.frame_origins),
        "roles": dict(registration.roles.overrides),
        "algorithms": list(registration.algorithms) if registration.algorithms != ("RS256",) else [],
    }
    switches = {
        "enabled": registration.status is not RegistrationStatus.DISABLED,
        "learn_frame_origins": registration.learn_frame_origins,
        "private_network": registration.private_network,
        "approve_first_deployment": registration.approve_first_deployment,
    }
    usual = {"enabled": True, "learn_frame_origins": True}
    turned = {name: value for name, value in switches.items() if value != usual.get(name, False)}
    texts = {
        "default_target_link_uri": registration.default_target_link_uri,
        "auth_token_audience": registration.auth_token_audience,
    }
    days = {} if registration.retention_days is None else {"retention_days": registration.retention_days}
    return plain | {name: value for name, value in (lists | texts).items() if value} | turned | days


def changed(
    registration: Registration, changes: Mapping[str, Any], *, development: bool = False
) -> Registration:
    """Return a registration with some members of its entry replaced; its status stays.

    Raises:
        SettingsError: a change is malformed, or would make it another registration.
    """
    new = from_mapping(to_mapping(registration) | dict(changes), development=development)
    if new.id != registration.id:
        raise SettingsError("issuer and client_id of a registration do not change; add another one.")
    return replace(new, status=registration.status)


def _read(values: dict[str, Any], development: bool) -> Registration:
    known = {*_REQUIRED, "platform", "deployments", "frame_origins", "roles", "enabled", "algorithms"}
    known |= {"default_target_link_uri", "learn_frame_origins", "private_network", "approve_first_deployment"}
    known |= {"retention_days", "auth_token_audience"}
    if unknown := sorted(values.keys() - known):
        raise ValueError(f"{unknown[0]} is not a known member")
    required = {name: _text(values, name) for name in _REQUIRED}
    addresses = {
        name: address(values, name, development) for name in ("auth_login_url", "auth_token_url", "jwks_url")
    }
    return Registration(
        **(required | addresses),
        id=registration_id(required["issuer"], required["client_id"]),
        platform=_one_of(Platform, values, "platform"),
        deployments=frozenset(_texts(values, "deployments")),
        frame_origins=tuple(_frame_origin(text, development) for text in _texts(values, "frame_origins")),
        roles=_roles(values.get("roles", {})),
        status=RegistrationStatus.ACTIVE if _switch(values, "enabled", True) else RegistrationStatus.DISABLED,
        algorithms=_algorithms(values),
        default_target_link_uri=_optional_text(values, "default_target_link_uri"),
        learn_frame_origins=_switch(values, "learn_frame_origins", True),
        private_network=_switch(values, "private_network", False),
        approve_first_deployment=_switch(values, "approve_first_deployment", False),
        retention_days=_days(values, "retention_days"),
        auth_token_audience=_optional_text(values, "auth_token_audience"),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value or not value.isprintable() or value != value.strip():
        raise ValueError(f"{name} must be a text that is not empty")
    return value


def _optional_text(values: Mapping[str, Any], name: str) -> str | None:
    return _text(values, name) if name in values else None


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


def _days(values: Mapping[str, Any], name: str) -> int | None:
    value = values.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(f"{name} must be a number of days, 0 for ever")
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


def address(values: Mapping[str, Any], name: str, development: bool) -> str:
    """Return the member of this name if it is an address we may use.

    Raises:
        ValueError: it is not one; the text says why.
    """
    text = _text(values, name)
    parts = urlsplit(text)
    if not parts.hostname or "@" in parts.netloc or parts.fragment or not text.isascii() or " " in text:
        raise ValueError(f"{name} must be a web address without user name or #")
    if parts.scheme != "https" and not (development and parts.scheme == "http" and is_local(parts.hostname)):
        raise ValueError(f"{name} must start with https://")
    return text


def _frame_origin(text: str, development: bool) -> str:
    parts = urlsplit(address({"frame_origins": text}, "frame_origins", development))
    if parts.path.strip("/") or parts.query:
        raise ValueError("frame_origins must hold origins such as https://school.example, without a path")
    return f"{parts.scheme}://{parts.netloc}".lower()
