"""The id_token's payload: a recorded one with this school's people, course, hosts and times."""

from typing import Any

from lti_room.devlms.link_requests import as_request
from lti_room.devlms.platform import CLAIM, COURSE, Launch, Platform, Swaps, random_uuid

_GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_RECORDED_TOOL = "https://rooms.tool.example"


def claims_for(platform: Platform, launch: Launch) -> dict[str, Any]:
    """Return the claims of a launch, without nonce and times.

    Every member, type and role array is the recorded one of this kind of person in this LMS.
    """
    claims = platform.claims_of(platform.kind_of(launch.person))
    _take_from_link(platform, claims)
    swaps = {_RECORDED_TOOL: platform.tool_url, platform.recorded_host: platform.issuer}
    sub, person_swaps = _identity(platform, claims, launch)
    swaps |= person_swaps | platform.swaps(launch)
    claims["sub"] = sub
    swapped: dict[str, Any] = _swap(claims, swaps)
    _name_things(platform, swapped, launch)
    _place(platform, swapped, launch)
    return as_request(platform, swapped, launch) if launch.places_links else swapped


def id_token(platform: Platform, launch: Launch, nonce: str, now: float) -> dict[str, Any]:
    """Return the complete payload of an id_token issued at `now` (seconds since the epoch)."""
    claims = claims_for(platform, launch)
    lives = claims["exp"] - claims["iat"]
    claims |= {"nonce": nonce, "iat": int(now), "exp": int(now) + lives}
    if "jti" in claims:
        claims["jti"] = random_uuid()
    return claims


def _take_from_link(platform: Platform, claims: dict[str, Any]) -> None:
    link = platform.claims_of("instructor")
    for *parents, name in platform.link_claims:
        source, target = link, claims
        for parent in parents:
            source, target = source[parent], target[parent]
        target.pop(name, None)
        if name in source:
            target[name] = source[name]


def _identity(platform: Platform, claims: dict[str, Any], launch: Launch) -> tuple[str, Swaps]:
    person = launch.person
    if person.number == 0:
        return str(claims["sub"]), {}
    sub, swaps = platform.another(claims, person.number)
    school_id = claims[CLAIM + "lis"]["person_sourcedid"]
    if school_id and not school_id.startswith("$"):
        swaps[school_id] = f"{school_id}{person.number + 1}"
    return sub, swaps


def _swap(value: Any, swaps: Swaps) -> Any:
    if isinstance(value, dict):
        return {name: _swap(member, swaps) for name, member in value.items()}
    if isinstance(value, list):
        return [_swap(member, swaps) for member in value]
    if isinstance(value, str):
        for old, new in swaps.items():
            value = value.replace(old, new)
    return value


def _place(platform: Platform, claims: dict[str, Any], launch: Launch) -> None:
    """Say what is particular about a link the tool placed, and about a copied course."""
    link = launch.link
    if link.custom:
        claims[CLAIM + "custom"] = {**claims.get(CLAIM + "custom", {}), **link.custom}
    if link.course:
        context = claims[CLAIM + "context"]
        context["id"] = f"{context['id'][:-1]}{link.course}"
        context["title"] = f"{COURSE} (copy {link.course})"
    if not link.graded and _GRADES in claims:
        claims[_GRADES] = {name: value for name, value in claims[_GRADES].items() if name != "lineitem"}


def _name_things(platform: Platform, claims: dict[str, Any], launch: Launch) -> None:
    person, link = launch.person, launch.link
    claims["iss"] = platform.issuer
    claims |= {"aud": platform.client_id, CLAIM + "deployment_id": platform.deployment_id}
    if "azp" in claims:
        claims["azp"] = platform.client_id
    claims |= {"name": person.name, "given_name": person.given, "family_name": person.family}
    claims["email"] = person.email
    context = claims[CLAIM + "context"]
    has_own_label = context["label"] != context["title"]
    context["title"] = COURSE
    context["label"] = platform.course_label if has_own_label else COURSE
    shown = claims[CLAIM + "resource_link"]
    is_html = shown["description"].startswith("<p>")
    shown["id"] = platform.link_id(link)
    shown["title"] = link.title
    shown["description"] = f"<p>{link.description}</p>" if is_html else link.description
