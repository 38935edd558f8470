"""Registrations held in memory: those of a file, which do not change while we run, and others beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lti_room.base.clock import Clock, SystemClock
from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import changed
from lti_room.lti.registrations.registration import (
    AlreadyRegistered,
    Registration,
    RegistrationReadOnly,
    RegistrationStatus,
    RegistrationUnknown,
    WaitingDeployment,
)

MOST_WAITING: Final = 100
"""Deployments of one registration that are remembered while they wait."""

MOST_ANCESTORS: Final = 32
"""Origins of pages around an LMS that are remembered for one registration."""

LONGEST_TITLE: Final = 255
LONGEST_ORIGIN: Final = 255


class RegistrationList:
    """A `RegistrationStore` for one process, without Redis.

    Args:
        fixed: those that are read-only, as of a file.
        clock: when deployments were noted.
        development: what `from_mapping` allows in development.

    Raises:
        SettingsError: two of them have the same issuer and client_id.
    """

    def __init__(
        self,
        fixed: Iterable[Registration] = (),
        *,
        clock: Clock | None = None,
        development: bool = False,
    ) -> None:
        self._clock = clock or SystemClock()
        self._development = development
        self._fixed: dict[str, Registration] = {}
        for registration in fixed:
            if registration.id in self._fixed:
                raise SettingsError(
                    f"{registration.issuer} is registered twice with the client_id {registration.client_id}."
                )
            self._fixed[registration.id] = registration
        self._others: dict[str, Registration] = {}
        self._approved: dict[str, set[str]] = {}
        self._waiting: dict[str, dict[str, WaitingDeployment]] = {}
        self._refused: dict[str, set[str]] = {}
        self._ancestors: dict[str, set[str]] = {}

    def find(self, registration_id: str) -> Registration | None:
        """Return a registration by its id."""
        return self._fixed.get(registration_id) or self._others.get(registration_id)

    def of_issuer(self, issuer: str) -> Sequence[Registration]:
        """Return all registrations of an issuer, compared exactly."""
        every = (self._others | self._fixed).values()
        return tuple(one for one in every if one.issuer == issuer)

    def all(self) -> Sequence[Registration]:
        """Return every registration, sorted by name."""
        return tuple(sorted((self._others | self._fixed).values(), key=lambda one: (one.name, one.id)))

    def is_read_only(self, registration_id: str) -> bool:
        """Whether a registration is one of the fixed ones."""
        return registration_id in self._fixed

    def insert(self, registration: Registration) -> None:
        """Add a registration."""
        if self.find(registration.id):
            raise AlreadyRegistered
        self._others[registration.id] = registration

    def set_status(self, registration_id: str, status: RegistrationStatus) -> None:
        """Change whether launches are accepted."""
        self._others[registration_id] = replace(self._changeable(registration_id), status=status)

    def update(self, registration_id: str, changes: Mapping[str, Any]) -> Registration:
        """Change members, named as in the TOML file."""
        new = changed(self._changeable(registration_id), changes, development=self._development)
        self._others[registration_id] = new
        return new

    def remove(self, registration_id: str) -> None:
        """Forget a registration with its deployments."""
        self._changeable(registration_id)
        del self._others[registration_id]
        for kept in (self._approved, self._waiting, self._refused, self._ancestors):
            kept.pop(registration_id, None)

    def is_deployment_known(self, registration: Registration, deployment: str) -> bool:
        """Whether a deployment is approved or was registered with the LMS."""
        return deployment in self.known_deployments(registration.id)

    def approve_first_deployment(self, registration: Registration, deployment: str) -> bool:
        """Approve a deployment if the registration allows it and has no other."""
        refused = deployment in self._refused.get(registration.id, ())
        if not registration.approve_first_deployment or self.known_deployments(registration.id) or refused:
            return False
        self.approve_deployment(registration.id, deployment)
        return True

    def known_deployments(self, registration_id: str) -> Sequence[str]:
        """Return the deployments that may launch."""
        found = self.find(registration_id)
        named = found.deployments if found else frozenset()
        return sorted(named | self._approved.get(registration_id, set()))

    def note_deployment(self, registration_id: str, deployment: str, course_title: str) -> None:
        """Remember a deployment that waits for approval."""
        waiting = self._waiting.setdefault(registration_id, {})
        if deployment in self._refused.get(registration_id, ()) or len(waiting) >= MOST_WAITING:
            return
        noted = WaitingDeployment(deployment, course_title[:LONGEST_TITLE], self._clock.now())
        waiting.setdefault(deployment, noted)

    def pending_deployments(self, registration_id: str) -> Sequence[WaitingDeployment]:
        """Return the deployments that wait for approval, the oldest first."""
        waiting = self._waiting.get(registration_id, {}).values()
        return sorted(waiting, key=lambda one: (one.at, one.deployment))

    def approve_deployment(self, registration_id: str, deployment: str) -> None:
        """Let a deployment launch."""
        self._known(registration_id)
        self._approved.setdefault(registration_id, set()).add(deployment)
        self._waiting.get(registration_id, {}).pop(deployment, None)
        self._refused.get(registration_id, set()).discard(deployment)

    def refuse_deployment(self, registration_id: str, deployment: str) -> None:
        """Turn a deployment away."""
        self._known(registration_id)
        self._refused.setdefault(registration_id, set()).add(deployment)
        self._waiting.get(registration_id, {}).pop(deployment, None)
        self._approved.get(registration_id, set()).discard(deployment)

    def note_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Remember the origin of a page around the LMS."""
        noted = self._ancestors.setdefault(registration_id, set())
        if len(noted) < MOST_ANCESTORS and len(origin) <= LONGEST_ORIGIN:
            noted.add(origin)

    def noted_frame_ancestors(self, registration_id: str) -> Sequence[str]:
        """Return the noted origins, sorted."""
        return sorted(self._ancestors.get(registration_id, ()))

    def forget_frame_ancestor(self, registration_id: str, origin: str) -> None:
        """Forget a noted origin."""
        self._ancestors.get(registration_id, set()).discard(origin)

    def _known(self, registration_id: str) -> Registration:
        found = self.find(registration_id)
        if found is None:
            raise RegistrationUnknown
        return found

    def _changeable(self, registration_id: str) -> Registration:
        if registration_id in self._fixed:
            raise RegistrationReadOnly
        return self._known(registration_id)
