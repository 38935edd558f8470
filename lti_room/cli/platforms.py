"""`lti-room platforms`: who may launch rooms. Works while lti-room runs, and while it does not."""

import argparse
import datetime
from collections.abc import Callable, Mapping
from typing import Final

from lti_room.base.clock import SystemClock
from lti_room.base.errors import AppError
from lti_room.base.settings import Settings
from lti_room.cli import platform_arguments
from lti_room.cli.administering import administering, who
from lti_room.cli.platform_arguments import asked_for
from lti_room.lti.http import GuardedHttp
from lti_room.lti.registrations.registration import Registration
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.doctor.finding import Level
from lti_room.usecases.administering.doctor.platforms import look_at
from lti_room.usecases.administering.registration_invitations import InvitationTerms

configure: Final = platform_arguments.configure

_LEAST_ID: Final = 4
_MARKS: Final = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    with administering() as (administration, settings):
        return _ACTIONS[arguments.action](arguments, administration, settings)


def _list(_: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    for one in administration.all():
        waiting = len(administration.pending_deployments(one.id))
        held = (
            f"  {waiting} deployment{'s wait' if waiting > 1 else ' waits'} for approval" if waiting else ""
        )
        source = "  (read-only)" if administration.is_read_only(one.id) else ""
        print(f"{one.id}  {one.status:8}  {one.platform:6}  {one.name}  <{one.issuer}>{source}{held}")
    if not administration.all():
        print("No platform is registered yet: lti-room platforms add, or lti-room platforms invite.")
    for invitation in administration.invitations():
        print(f"invitation {invitation.id}  until {_time(invitation.until)}  {invitation.note}")
    return 0


def _add(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    registration = asked_for(arguments, development=settings.development)
    administration.add(registration, by=who())
    print(f"{registration.id}  {registration.name} is registered and active.")
    if not registration.deployments and not registration.approve_first_deployment:
        print(f"Its first launch is held for approval: lti-room platforms deployments {registration.id}")
    print(f"Look whether everything fits:  lti-room platforms check {registration.id}")
    return 0


def _show(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    one = _found(administration, arguments.id)
    rows = {
        "id": one.id,
        "status": str(one.status),
        "platform": str(one.platform),
        "name": one.name,
        "issuer": one.issuer,
        "client_id": one.client_id,
        "auth_login_url": one.auth_login_url,
        "auth_token_url": one.auth_token_url,
        "jwks_url": one.jwks_url,
        "deployments": ", ".join(administration.known_deployments(one.id)) or "none approved yet",
        "frame_origins": ", ".join(one.frame_origins) or "as launches teach",
    }
    for name, value in rows.items():
        print(f"{name:15} {value}")
    return 0


def _check(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    chosen = [_found(administration, arguments.id)] if arguments.id else administration.all()
    http, clock, failed = GuardedHttp(development=settings.development), SystemClock(), False
    for one in chosen:
        for finding in look_at(one, f"{one.name} ({one.id})", http, clock):
            failed = failed or finding.level is Level.FAIL
            print(f"{_MARKS[finding.level]}  {finding.about}: {finding.said}", flush=True)
            if finding.advice:
                print(f"      -> {finding.advice}", flush=True)
    return int(failed)


def _change(done: str, change: Callable[[Administration, str], None]) -> "_Action":
    def act(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
        one = _found(administration, arguments.id)
        change(administration, one.id)
        print(f"{one.id}  {one.name} {done}")
        return 0

    return act


def _deployments(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    one = _found(administration, arguments.id)
    if arguments.approve:
        administration.approve_deployment(one.id, arguments.approve, by=who())
    if arguments.refuse:
        administration.refuse_deployment(one.id, arguments.refuse, by=who())
    for deployment in administration.known_deployments(one.id):
        print(f"approved  {deployment}")
    for waiting in administration.pending_deployments(one.id):
        print(f"waiting   {waiting.deployment}  since {_time(waiting.at)}  {waiting.course_title}")
    return 0


def _invite(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    terms = InvitationTerms(
        trusted=arguments.trusted,
        approve_first_deployment=arguments.approve_first_deployment,
        private_network=arguments.private_network,
    )
    code = administration.invite(arguments.name, by=who(), terms=terms)
    hours = settings.registration_invitation_seconds // 3600
    print(f"{settings.public_url}/lti/register?invitation={code}")
    print(f"\nSend this address to the LMS admin. It registers one platform, once, within {hours} hours.")
    if not terms.trusted:
        print("Then approve it here:  lti-room platforms list")
    return 0


def _revoke(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    administration.revoke_invitation(arguments.id, by=who())
    print(f"{arguments.id}  can no longer be used.")
    return 0


def _history(arguments: argparse.Namespace, administration: Administration, settings: Settings) -> int:
    for entry in administration.history(arguments.count):
        details = "  ".join(f"{name}={value}" for name, value in entry.details.items())
        print(f"{_time(entry.at)}  {entry.by}  {entry.what}  {entry.registration}  {details}".rstrip())
    return 0


def _found(administration: Administration, start: str) -> Registration:
    """Return the registration whose id starts so.

    Raises:
        AppError: there is none, or there are several.
    """
    found = [one for one in administration.all() if one.id.startswith(start)]
    if len(start) < _LEAST_ID or len(found) != 1:
        raise AppError(
            "registration_unknown",
            f"{start!r} is not the id of one registration; lti-room platforms list shows the ids.",
        )
    return found[0]


def _time(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


_Action = Callable[[argparse.Namespace, Administration, Settings], int]
_ACTIONS: Final[Mapping[str, _Action]] = {
    "list": _list,
    "add": _add,
    "show": _show,
    "check": _check,
    "approve": _change("is approved.", lambda admin, one: admin.approve(one, by=who())),
    "enable": _change("is switched on.", lambda admin, one: admin.enable(one, by=who())),
    "disable": _change("is switched off.", lambda admin, one: admin.disable(one, by=who())),
    "remove": _change("is removed.", lambda admin, one: admin.remove(one, by=who())),
    "deployments": _deployments,
    "invite": _invite,
    "revoke": _revoke,
    "history": _history,
}
