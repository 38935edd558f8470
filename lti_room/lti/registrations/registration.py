"""What an admin registered: one platform's issuer and client_id, with its addresses."""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from lti_room.base.errors import AppError
from lti_room.lti.roles import RoleTable

ALGORITHMS: Final = ("RS256", "RS384", "RS512")
"""What may be agreed on (Security Framework 1.0 section 5.1.3: RS256 unless both sides agree on another)."""


class RegistrationStatus(StrEnum):
    """Whether launches are accepted: not before an admin approved it, not while it is switched off."""

    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"


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
    status: RegistrationStatus = RegistrationStatus.ACTIVE
    algorithms: tuple[str, ...] = ("RS256",)
    default_target_link_uri: str | None = None
    learn_frame_origins: bool = True
    private_network: bool = False
    approve_first_deployment: bool = False
    retention_days: int | None = None
    auth_token_audience: str | None = None
    """`aud` of our client assertions where it is not the token address (D2L, Blackboard)."""


@dataclass(frozen=True)
class WaitingDeployment:
    """A deployment that launched and is not approved: its id, the course of its first launch, when."""

    deployment: str
    course_title: str
    at: float


class RegistrationStore(Protocol):
    """Where registrations are looked up, and what launches teach about them.

    Two implementations share one contract suite: `Registrations` (file and Redis) and `RegistrationList`.
    """

    def find(self, registration_id: str) -> Registration | None:
        """Return a registration by its id."""
        ...

    def of_issuer(self, issuer: str) -> Sequence[Registration]:
        """Return all registrations of an issuer, compared exactly."""
        ...

    def all(self) -> Sequence[Registration]:
        """Return every registration, sorted by name."""
        ...

    def is_read_only(self, registration_id: str) -> bool:
        """Whether a registration stands in a file and is changed there only."""
        ...

    def insert(self, registration: Registration) -> None:
        """Add a registration; one that is there is never overwritten.

        Raises:
            AlreadyRegistered: its issuer and client_id are known.
        """
        ...

    def set_status(self, registration_id: str, status: RegistrationStatus) -> None:
        """Change whether launches are accepted, from the next request on, in every process.

        Raises:
            RegistrationUnknown: there is none.
            RegistrationReadOnly: it stands in a file.
        """
        ...

    def update(self, registration_id: str, changes: Mapping[str, Any]) -> Registration:
        """Change members, named as in the TOML file; issuer and client_id stay. Return the new state.

        Raises:
            RegistrationUnknown: there is none.
            RegistrationReadOnly: it stands in a file.
            SettingsError: a change is malformed.
        """
        ...

    def remove(self, registration_id: str) -> None:
        """Forget a registration with its deployments.

        Raises:
            RegistrationUnknown: there is none.
            RegistrationReadOnly: it stands in a file.
        """
        ...

    def is_deployment_known(self, registration: Registration, deployment: str) -> bool:
        """Whether a deployment is approved or was registered with the LMS."""
        ...

    def approve_first_deployment(self, registration: Registration, deployment: str) -> bool:
        """Approve a deployment if the registration allows it and has no other. True: it is approved now."""
        ...

    def known_deployments(self, registration_id: str) -> Sequence[str]:
        """Return the deployments that may launch."""
        ...

    def note_deployment(self, registration_id: str, deployment: str, course_title: str) -> None:
        """Remember a deployment that waits for approval; refused ones do not come back."""
        ...

    def pending_deployments(self, registration_id: str) -> Sequence[WaitingDeployment]:
        """Return the deployments that wait for approval, the oldest first."""
        ...

    def approve_deployment(self, registration_id: str, deployment: str) -> None:
        """Let a deployment launch, from its next launch on, in every process.

        Raises:
            RegistrationUnknown: there is no such registration.
        """
        ...

    def refuse_deployment(self, registration_id: str, deployment: str) -> None:
        """Turn a deployment away, also one that was approved before (not one that stands in a file).

        Raises:
            RegistrationUnknown: there is no such registration.
        """
        ...

    def note_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Remember the origin of a page around the LMS that may not frame rooms yet."""
        ...

    def noted_frame_ancestors(self, registration_id: str) -> Sequence[str]:
        """Return the noted origins, sorted."""
        ...

    def forget_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Forget a noted origin."""
        ...


class RegistrationUnknown(AppError):
    """No registration has this id."""

    def __init__(self) -> None:
        super().__init__("registration_unknown", "There is no registration with this id.")


class RegistrationReadOnly(AppError):
    """The registration stands in a file, which is not changed from here."""

    def __init__(self) -> None:
        super().__init__(
            "registration_read_only",
            "This registration stands in the file of LTI_ROOM_REGISTRATIONS; change it there and restart.",
        )


class AlreadyRegistered(AppError):
    """An (issuer, client_id) that is known: it is never overwritten, by nobody."""

    def __init__(self) -> None:
        super().__init__(
            "already_registered",
            "This platform is registered already; remove that registration first if it is out of date.",
        )


def registration_id(issuer: str, client_id: str) -> str:
    """Return the id of a registration: 16 hex characters."""
    return hashlib.sha256(f"{issuer}\0{client_id}".encode()).hexdigest()[:16]


def is_local(host: str) -> bool:
    """Whether a host name means this machine or a private address, judged without asking the DNS."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_private
