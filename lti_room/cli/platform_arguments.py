"""The arguments of `lti-room platforms`, and the registration that `add` is told in them."""

import argparse
import sys
from typing import Any, Final

from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.platform_addresses import entry_for
from lti_room.lti.registrations.registration import Platform, Registration

_ADD_EXAMPLES: Final = """
The three addresses follow from the LMS's own one (for Sakai all but the token address):

  lti-room platforms add moodle --url https://moodle.example.org --client-id abc123 --deployment 3
  lti-room platforms add canvas --url https://school.instructure.com --client-id 10000000000123
  lti-room platforms add sakai  --url https://sakai.example.org --client-id 0f…  \\
      --token-url https://sakai.example.org/imsblis/lti13/token/12
  lti-room platforms add other  --issuer … --client-id … --login-url … --token-url … --jwks-url …

What is missing is asked for.
"""

_URLS: Final = {
    "issuer": ("issuer", "who signs the messages, if it is not the LMS's own address"),
    "login_url": ("auth_login_url", "authorisation (OIDC login) address"),
    "token_url": ("auth_token_url", "access token address"),
    "jwks_url": ("jwks_url", "address of the public key set"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="all platforms, and invitations that are open")
    _add(
        actions.add_parser(
            "add", help="register a platform by hand", epilog=_ADD_EXAMPLES, formatter_class=_Raw
        )
    )
    for name, meaning in (
        ("show", "everything about one platform"),
        ("approve", "accept launches of a platform that registered itself"),
        ("enable", "accept its launches again"),
        ("disable", "refuse its launches from now on"),
        ("remove", "forget it and its deployments"),
    ):
        actions.add_parser(name, help=meaning).add_argument("id", help="its id, or the start of it")
    check = actions.add_parser("check", help="can its keys be fetched, does it answer, do the clocks agree?")
    check.add_argument("id", nargs="?", help="its id, or the start of it; without: all")
    deployments = actions.add_parser("deployments", help="its deployments, and those that wait for approval")
    deployments.add_argument("id", help="its id, or the start of it")
    deployments.add_argument("--approve", metavar="DEPLOYMENT", help="let this deployment launch")
    deployments.add_argument("--refuse", metavar="DEPLOYMENT", help="turn this deployment away")
    _invite(actions.add_parser("invite", help="make an address with which an LMS admin registers a platform"))
    revoke = actions.add_parser("revoke", help="end an invitation")
    revoke.add_argument("id", help="the invitation's id, as list shows it")
    history = actions.add_parser("history", help="who changed what, the newest first")
    history.add_argument("-n", dest="count", type=int, default=20, help="how many (20)")


def asked_for(arguments: argparse.Namespace, *, development: bool) -> Registration:
    """Return the registration that the arguments of `add` describe; ask for what is missing.

    Raises:
        SettingsError: something is missing and nobody can be asked, or a value is malformed.
    """
    platform = Platform(arguments.platform)
    entry: dict[str, Any] = {"platform": platform}
    if platform is not Platform.OTHER:
        entry |= entry_for(platform, arguments.url or _ask("--url", "Address of the LMS"))
    for option, (member, meaning) in _URLS.items():
        given = getattr(arguments, option)
        if given or member not in entry:
            entry[member] = given or _ask(f"--{option.replace('_', '-')}", meaning.capitalize())
    entry["client_id"] = arguments.client_id or _ask("--client-id", "Client ID")
    entry["name"] = arguments.name or f"{platform.capitalize()} {_host(arguments.url or entry['issuer'])}"
    entry["deployments"] = arguments.deployment
    entry["frame_origins"] = [*entry.get("frame_origins", []), *arguments.frame_origin]
    entry["approve_first_deployment"] = arguments.approve_first_deployment
    entry["private_network"] = arguments.private_network
    return from_mapping(entry, development=development)


class _Raw(argparse.RawDescriptionHelpFormatter):
    pass


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", choices=[str(one) for one in Platform])
    parser.add_argument("--url", help="what people type to get to the LMS")
    parser.add_argument("--client-id", help="what the LMS gave this tool")
    parser.add_argument("--name", help="how it is called in lists")
    parser.add_argument(
        "--deployment",
        action="append",
        default=[],
        help="a deployment id; may be repeated; or approve it later",
    )
    for option, (_, meaning) in _URLS.items():
        parser.add_argument(f"--{option.replace('_', '-')}", help=meaning)
    parser.add_argument(
        "--frame-origin",
        action="append",
        default=[],
        help="who else may frame rooms, such as https://portal.example",
    )
    _terms(parser)


def _invite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="", help="how the platform will be called in lists")
    parser.add_argument(
        "--trusted", action="store_true", help="it is active at once, if its documents agree with each other"
    )
    _terms(parser)


def _terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--approve-first-deployment",
        action="store_true",
        help="its first deployment needs no approval (hosted Canvas: a developer key belongs to one school)",
    )
    parser.add_argument(
        "--private-network", action="store_true", help="the LMS lies at an address of a private network"
    )


def _ask(option: str, what: str) -> str:
    if not sys.stdin.isatty():
        raise SettingsError(f"{option} is missing.")
    answer = input(f"{what}: ").strip()
    if not answer:
        raise SettingsError(f"{option} is missing.")
    return answer


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]
