"""`lti-room privacy export|erase`: hand out everything that is kept about a person, or erase it."""

import argparse
import json
import sys
from dataclasses import asdict

from lti_room.base.clock import SystemClock
from lti_room.base.ids import ParticipantId
from lti_room.base.redis_client import connect
from lti_room.base.settings import Settings
from lti_room.cli.administering import administering, who
from lti_room.usecases.administering.administration import Administration
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.administering.privacy import Privacy
from lti_room.usecases.launches import Launches
from lti_room.usecases.people import People, participant_id

_STAYS = """What stays, and why: the rooms' events, which name participants by an id only (it cannot be turned
back into a person, and others' view of the meeting needs it), and a block of this person, which is that id.
What the gradebook of the LMS got is the LMS's: erase it there. Pages that are open forget the name when
they are closed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("deed", choices=("export", "erase"), help="export prints JSON; erase asks first")
    parser.add_argument("registration", help="the platform's id (lti-room platforms list)")
    person = parser.add_mutually_exclusive_group(required=True)
    person.add_argument("--user", help="the id the LMS uses for the person (the `sub` of a launch)")
    person.add_argument("--email", help="the person's e-mail, as the LMS sends it")
    person.add_argument("--participant", help="the id the person has here (p_…)")
    parser.add_argument("--yes", action="store_true", help="erase without asking")


def run(arguments: argparse.Namespace) -> int:
    """Export or erase."""
    with administering() as (administration, settings):
        privacy = _privacy(settings)
        participant = _participant(privacy, administration, arguments)
        if arguments.deed == "export":
            held = privacy.export(arguments.registration, participant, by=who())
            print(json.dumps(held, indent=1, ensure_ascii=False))
            return 0
        if not arguments.yes and not _is_sure(participant):
            print("Nothing was erased.")
            return 1
        erased = asdict(privacy.erase(arguments.registration, participant, by=who()))
    parts = [f"{count} {what}" for what, count in erased.items() if count]
    print(f"Erased: {', '.join(parts)}." if parts else "Nothing is kept about this person.")
    print(_STAYS)
    return 0


def _privacy(settings: Settings) -> Privacy:
    redis, clock = connect(settings.effective_redis_url), SystemClock()
    return Privacy(redis, People(redis), Launches(redis, settings), Audit(redis, clock, settings))


def _participant(
    privacy: Privacy, administration: Administration, arguments: argparse.Namespace
) -> ParticipantId:
    """Return whom the arguments mean. A platform that was removed may still have people here."""
    if privacy.count(arguments.registration).people == 0:
        administration.get(arguments.registration)
    if arguments.user is not None:
        return participant_id(arguments.registration, arguments.user)
    if arguments.email is not None:
        return privacy.of_email(arguments.registration, arguments.email)
    return privacy.find(arguments.registration, arguments.participant)


def _is_sure(participant: ParticipantId) -> bool:
    if not sys.stdin.isatty():
        print("Say --yes to erase without being asked.", file=sys.stderr)
        return False
    return input(f"Erase everything about {participant}? Type yes: ").strip().lower() == "yes"
