"""Each registered platform: can its keys be had and used, does its token endpoint live, is its clock ours?"""

from collections.abc import Iterable, Iterator
from typing import Final

from lti_room.base.clock import Clock
from lti_room.lti.errors import LaunchError
from lti_room.lti.http import Answer, FetchFailed, GuardedHttp
from lti_room.lti.launching.platform_keys import usable_kids
from lti_room.lti.registrations.registration import Registration, RegistrationStatus
from lti_room.usecases.administering.doctor.finding import Finding, fail, ok, warn
from lti_room.usecases.administering.doctor.public import clock_difference

_TOLERABLE_SECONDS: Final = 5.0
_LEEWAY_SECONDS: Final = 60.0
"""What a launch forgives."""


def platforms(registrations: Iterable[Registration], http: GuardedHttp, clock: Clock) -> Iterator[Finding]:
    """Look at every registration; those that are switched off are only named."""
    found = False
    for registration in registrations:
        found = True
        about = f"{registration.name} ({registration.id})"
        if registration.status is RegistrationStatus.ACTIVE:
            yield from look_at(registration, about, http, clock)
        elif registration.status is RegistrationStatus.PENDING:
            yield warn(about, "waits for approval", f"lti-room platforms approve {registration.id}")
        else:
            yield warn(about, "is switched off", f"lti-room platforms enable {registration.id}")
    if not found:
        yield warn("registrations", "there is none", "lti-room platforms add, or /admin in the browser.")


def look_at(registration: Registration, about: str, http: GuardedHttp, clock: Clock) -> Iterator[Finding]:
    """Look at one platform from here."""
    if not registration.deployments:
        yield warn(
            about, "no deployment is approved", "The first launch of each one is held: approve it then."
        )
    try:
        answer = http.get(registration.jwks_url, private=registration.private_network)
    except FetchFailed as failure:
        advice = "Check jwks_url, the firewall of this machine, and whether the platform is up."
        yield fail(about, f"its key set cannot be fetched ({failure})", advice)
    else:
        yield _keys(registration, about, answer)
        yield from _clock(about, answer, clock)
    yield _token_endpoint(registration, about, http)


def _keys(registration: Registration, about: str, answer: Answer) -> Finding:
    try:
        kids = usable_kids(answer, registration.algorithms)
    except LaunchError:
        return fail(about, f"its key set makes no sense (status {answer.status})", "Check jwks_url.")
    if not kids:
        wanted = f"RSA, 2048 bits or more, {' or '.join(registration.algorithms)}"
        return fail(about, "none of its keys can be used", f"A key must be {wanted}.")
    return ok(about, f"{len(kids)} usable key{'s' if len(kids) > 1 else ''}")


def _clock(about: str, answer: Answer, clock: Clock) -> Iterator[Finding]:
    difference = clock_difference(answer.headers, clock.now())
    if difference is None:
        return
    said = f"our clock is {abs(difference):.0f} s {'ahead of' if difference > 0 else 'behind'} its clock"
    advice = "Keep both in step with NTP (timedatectl set-ntp true)."
    if abs(difference) > _LEEWAY_SECONDS:
        yield fail(about, f"{said}: launches are refused", advice)
    elif abs(difference) > _TOLERABLE_SECONDS:
        yield warn(about, said, advice)
    else:
        yield ok(about, "its clock and ours agree")


def _token_endpoint(registration: Registration, about: str, http: GuardedHttp) -> Finding:
    """Ask without proof: any refusal shows that somebody is there who hands out tokens."""
    advice = "Check auth_token_url: without it there are no names and no grades."
    try:
        answer = http.send(
            "POST",
            registration.auth_token_url,
            headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
            body=b"grant_type=client_credentials",
            private=registration.private_network,
        )
    except FetchFailed as failure:
        return warn(about, f"its token endpoint cannot be reached ({failure})", advice)
    if answer.status in {404, 405} or answer.status >= 500 or 300 <= answer.status < 400:
        return warn(about, f"its token endpoint answers with {answer.status}", advice)
    return ok(about, "its token endpoint answers")
