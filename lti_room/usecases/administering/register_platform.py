"""An LMS admin opens the invitation's address inside the LMS: show what will happen, then let it happen.

Opening the address changes nothing, whoever opens it; only the button does (hand-off rule 8). The
invitation's code is the only proof that is asked for: inside an LMS's frame there may be no cookies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lti_room.base import log
from lti_room.base.errors import AppError
from lti_room.base.settings import Settings
from lti_room.lti.http import GuardedHttp
from lti_room.lti.registrations.dynamic import DynamicRegistration, Registered
from lti_room.lti.registrations.errors import RegistrationErrorCode, RegistrationFailed
from lti_room.lti.registrations.platform_configuration import PlatformConfiguration
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.lti.registrations.tool_configuration import SCOPES, ToolConfiguration
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.registration_invitations import (
    Invitation,
    InvitationInvalid,
    RegistrationInvitations,
)

_LOG: Final = log.logger("usecases.register_platform")
_LONGEST: Final = 8192

ICON_PATH: Final = "/static/tool/icons/room.svg"
"""The tool's picture. LMSs keep this address for years, so it names no build; any build answers it."""


@dataclass(frozen=True)
class RegistrationRequest:
    """What the LMS put into the address: the invitation's code, its configuration, its token."""

    code: str
    configuration_url: str
    token: str


@dataclass(frozen=True)
class Offer:
    """What the button will do: register with this platform, under this invitation."""

    invitation: Invitation
    platform: PlatformConfiguration


@dataclass(frozen=True)
class Outcome:
    """What was done. `missing` are scopes the platform did not grant, as far as it says."""

    registration: Registration
    platform: PlatformConfiguration
    missing: Sequence[str]


class RegisterPlatform:
    """Registers platforms by invitation."""

    def __init__(
        self,
        tool: ToolConfiguration,
        dynamic: DynamicRegistration,
        invitations: RegistrationInvitations,
        administration: Administration,
    ) -> None:
        self.tool = tool
        self._dynamic = dynamic
        self._invitations = invitations
        self._administration = administration

    @classmethod
    def over(
        cls, settings: Settings, invitations: RegistrationInvitations, administration: Administration
    ) -> "RegisterPlatform":
        """Return it with the guarded client and our own addresses."""
        tool = ToolConfiguration(settings.public_url, settings.public_url + ICON_PATH)
        http = GuardedHttp(development=settings.development)
        dynamic = DynamicRegistration(http, tool, development=settings.development)
        return cls(tool, dynamic, invitations, administration)

    def offer(self, request: RegistrationRequest) -> Offer:
        """Say what registering would do. Changes nothing.

        Raises:
            InvitationInvalid: the code is unknown, used or too old.
            RegistrationFailed: rows 114 to 120 of the attack table.
        """
        if not request.code:
            raise InvitationInvalid
        invitation = self._invitations.look(request.code)
        return Offer(invitation, self._configuration(request, invitation))

    def register(self, request: RegistrationRequest) -> Outcome:
        """Register. The invitation is used up; if nothing came of it, it can be used again.

        Raises:
            InvitationInvalid: the code is unknown, used or too old.
            RegistrationFailed: rows 114 to 120 of the attack table.
            AlreadyRegistered: issuer and client_id are known; nothing was changed.
        """
        if not request.code:
            raise InvitationInvalid
        invitation = self._invitations.take(request.code)
        try:
            return self._register(request, invitation)
        except BaseException as error:
            self._invitations.give_back(request.code, invitation)
            if isinstance(error, AppError):
                _LOG.info("registration refused", extra={"code": error.code, "invitation": invitation.id})
            raise

    def _register(self, request: RegistrationRequest, invitation: Invitation) -> Outcome:
        platform = self._configuration(request, invitation)
        private = invitation.terms.private_network
        registered = self._dynamic.register(platform, request.token, private=private)
        registration = self._dynamic.registration(
            platform,
            registered,
            name=invitation.note,
            private=private,
            approve_first_deployment=invitation.terms.approve_first_deployment,
        )
        active = invitation.terms.trusted and platform.is_of_one_piece()
        status = RegistrationStatus.ACTIVE if active else RegistrationStatus.PENDING
        registration = replace(registration, status=status)
        self._administration.add(registration, by=f"invitation:{invitation.id}", how=_how(platform))
        return Outcome(registration, platform, _missing(platform, registered))

    def _configuration(self, request: RegistrationRequest, invitation: Invitation) -> PlatformConfiguration:
        if not request.configuration_url:
            raise RegistrationFailed(RegistrationErrorCode.INCOMPLETE)
        if max(len(request.configuration_url), len(request.token)) > _LONGEST:
            raise RegistrationFailed(RegistrationErrorCode.URL_NOT_ALLOWED)
        return self._dynamic.configuration(
            request.configuration_url, request.token, private=invitation.terms.private_network
        )


def _how(platform: PlatformConfiguration) -> str:
    """For the admin who approves: where the platform's word comes from, and whether it hangs together."""
    if platform.is_of_one_piece():
        return f"by itself, from {platform.host}"
    return f"by itself, from {platform.host}, which is not the issuer's host: look twice"


def _missing(platform: PlatformConfiguration, registered: Registered) -> list[str]:
    asked = ToolConfiguration.scopes(platform)
    granted = registered.scopes if registered.scopes is not None else frozenset(asked)
    return [scope for scope in SCOPES if scope not in granted or scope not in asked]
