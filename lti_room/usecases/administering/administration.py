"""What an admin does with registrations and keys, each change written into the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lti_room.lti.registrations.registration import (
    Registration,
    RegistrationStatus,
    RegistrationStore,
    RegistrationUnknown,
    WaitingDeployment,
)
from lti_room.lti.tool_keys import ToolKeys
from lti_room.usecases.administering.audit import Audit, AuditEntry
from lti_room.usecases.administering.registration_invitations import (
    Invitation,
    InvitationTerms,
    RegistrationInvitations,
)


class Administration:
    """The operations of `/admin` and the command line. `by` is the name of who asked, for the audit log.

    Every method that takes a registration's id raises `RegistrationUnknown` where there is none, and every
    change of its members `RegistrationReadOnly` where it stands in a file.
    """

    def __init__(
        self,
        registrations: RegistrationStore,
        keys: ToolKeys,
        audit: Audit,
        invitations: RegistrationInvitations,
    ) -> None:
        self._registrations = registrations
        self._keys = keys
        self._audit = audit
        self._invitations = invitations

    def all(self) -> Sequence[Registration]:
        """Return every registration, sorted by name."""
        return self._registrations.all()

    def get(self, registration_id: str) -> Registration:
        """Return one registration."""
        found = self._registrations.find(registration_id)
        if found is None:
            raise RegistrationUnknown
        return found

    def is_read_only(self, registration_id: str) -> bool:
        """Whether a registration stands in a file and is changed there only."""
        return self._registrations.is_read_only(registration_id)

    def add(self, registration: Registration, *, by: str, how: str = "by hand") -> None:
        """Add a registration.

        Args:
            registration: the new one.
            by: who adds it.
            how: where it comes from.

        Raises:
            AlreadyRegistered: its issuer and client_id are known; nothing was changed.
        """
        self._registrations.insert(registration)
        details = {"name": registration.name, "issuer": registration.issuer, "how": how}
        self._write(by, "registration_added", registration.id, details | {"status": registration.status})

    def update(self, registration_id: str, changes: Mapping[str, Any], *, by: str) -> Registration:
        """Change members, named as in the TOML file; return the new state.

        Raises:
            SettingsError: a change is malformed.
        """
        new = self._registrations.update(registration_id, changes)
        self._write(by, "registration_changed", registration_id, {"members": sorted(changes)})
        return new

    def approve(self, registration_id: str, *, by: str) -> None:
        """Accept launches of a registration that waited for it."""
        self._set(registration_id, RegistrationStatus.ACTIVE, "registration_approved", by)

    def enable(self, registration_id: str, *, by: str) -> None:
        """Accept launches again."""
        self._set(registration_id, RegistrationStatus.ACTIVE, "registration_enabled", by)

    def disable(self, registration_id: str, *, by: str) -> None:
        """Refuse launches from the next request on; rooms that are open stay open."""
        self._set(registration_id, RegistrationStatus.DISABLED, "registration_disabled", by)

    def remove(self, registration_id: str, *, by: str) -> None:
        """Forget a registration and its deployments; its rooms stay until they are swept."""
        name = self.get(registration_id).name
        self._registrations.remove(registration_id)
        self._write(by, "registration_removed", registration_id, {"name": name})

    def known_deployments(self, registration_id: str) -> Sequence[str]:
        """Return the deployments that may launch."""
        return self._registrations.known_deployments(registration_id)

    def pending_deployments(self, registration_id: str) -> Sequence[WaitingDeployment]:
        """Return the deployments that wait for approval, the oldest first."""
        return self._registrations.pending_deployments(registration_id)

    def approve_deployment(self, registration_id: str, deployment: str, *, by: str) -> None:
        """Let a deployment launch, from its next launch on."""
        self._registrations.approve_deployment(registration_id, deployment)
        self._write(by, "deployment_approved", registration_id, {"deployment": deployment})

    def refuse_deployment(self, registration_id: str, deployment: str, *, by: str) -> None:
        """Turn a deployment away."""
        self._registrations.refuse_deployment(registration_id, deployment)
        self._write(by, "deployment_refused", registration_id, {"deployment": deployment})

    def noted_frame_ancestors(self, registration_id: str) -> Sequence[str]:
        """Return the origins of pages around the LMS that were not allowed to frame a room."""
        return self._registrations.noted_frame_ancestors(registration_id)

    def allow_frame_ancestor(self, registration_id: str, origin: str, *, by: str) -> None:
        """Let pages of an origin frame this registration's rooms, from the next launch on.

        Raises:
            SettingsError: this is no origin.
        """
        allowed = self.get(registration_id).frame_origins
        if origin not in allowed:
            self._registrations.update(registration_id, {"frame_origins": [*allowed, origin]})
        self._registrations.forget_frame_ancestor(registration_id, origin)
        self._write(by, "frame_ancestor_allowed", registration_id, {"origin": origin})

    def forget_frame_ancestor(self, registration_id: str, origin: str, *, by: str) -> None:
        """Forget a noted origin without allowing it."""
        self._registrations.forget_frame_ancestor(registration_id, origin)
        self._write(by, "frame_ancestor_forgotten", registration_id, {"origin": origin})

    def invite(self, note: str, *, by: str, terms: InvitationTerms | None = None) -> str:
        """Return the code of a new invitation to register one platform; it is shown once.

        Args:
            note: what the admin calls the school; it becomes the registration's name.
            by: who invites.
            terms: what the invitation allows; by default everything waits for approval.
        """
        chosen = terms or InvitationTerms()
        code, made = self._invitations.make(note, by=by, terms=chosen)
        self._write(by, "invitation_made", "", {"invitation": made.id, "note": made.note, **asdict(chosen)})
        return code

    def invitations(self) -> Sequence[Invitation]:
        """Return the invitations that can still be used, the oldest first."""
        return self._invitations.open()

    def revoke_invitation(self, invitation_id: str, *, by: str) -> None:
        """End an invitation.

        Raises:
            InvitationInvalid: there is none with this id.
        """
        revoked = self._invitations.revoke(invitation_id)
        self._write(by, "invitation_revoked", "", {"invitation": revoked.id, "note": revoked.note})

    def history(self, count: int) -> Sequence[AuditEntry]:
        """Return the latest changes, the newest first."""
        return self._audit.latest(count)

    def key_ids(self) -> Sequence[str]:
        """Return the kids of the published tool keys, the one that signs first."""
        return [key["kid"] for key in self._keys.jwks()["keys"]]

    def rotate_keys(self, *, by: str) -> str:
        """Make a new tool key and return its kid; the old one stays published while it is needed."""
        kid = self._keys.rotate()
        self._write(by, "key_rotated", "", {"kid": kid})
        return kid

    def _set(self, registration_id: str, status: RegistrationStatus, what: str, by: str) -> None:
        self._registrations.set_status(registration_id, status)
        self._write(by, what, registration_id, {})

    def _write(self, by: str, what: str, registration: str, details: Mapping[str, Any]) -> None:
        self._audit.write(by=by, what=what, registration=registration, details=details)
