"""What Canvas, Moodle and Sakai do in their own way. Each function names the platform it is for."""

import re
from collections.abc import Mapping
from typing import Any, Final

from lti_room.lti import claims
from lti_room.lti.registrations.registration import Platform, Registration

_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")


def issuers(registration: Registration, body: Mapping[str, Any]) -> frozenset[str]:
    """Return the `iss` values that are right for this message: the registered one, exactly.

    Sakai up to 25.1 adds `/deployment/<deployment_id>` and/or `/site/<context.id>` in the id_token. They
    count with the values of the same message, which the registration's own keys must have signed.
    """
    if registration.platform is not Platform.SAKAI:
        return frozenset({registration.issuer})
    deployment, course = body.get(claims.DEPLOYMENT_ID), body.get(claims.CONTEXT)
    site = course.get("id") if isinstance(course, dict) else None
    bases = [registration.issuer]
    if isinstance(deployment, str) and deployment:
        bases.append(f"{registration.issuer}/deployment/{deployment}")
    in_site = [f"{base}/site/{site}" for base in bases] if isinstance(site, str) and site else []
    return frozenset(bases + in_site)


def login_deployment(parameters: Mapping[str, str]) -> str | None:
    """Return the deployment a login request names; Canvas calls it `deployment_id`."""
    return parameters.get("lti_deployment_id") or parameters.get("deployment_id") or None


def locale(body: Mapping[str, Any]) -> str | None:
    """Return the person's language as a BCP 47 tag, or None.

    Sakai says it at the top and as Java does (`en_US`), Moodle as `pt_br`, Canvas in both places.
    """
    presentation = body.get(claims.LAUNCH_PRESENTATION)
    inner = presentation.get("locale") if isinstance(presentation, dict) else None
    for value in (inner, body.get("locale")):
        if isinstance(value, str) and _LOCALE.fullmatch(value):
            return value.replace("_", "-")
    return None


def custom(body: Mapping[str, Any], *, most: int = 100, longest: int = 4096) -> dict[str, str]:
    """Return the custom values that are texts.

    Variables a platform did not resolve stay as literal `$…` (all three), others come as null (Canvas): both
    count as absent.
    """
    values = body.get(claims.CUSTOM)
    if not isinstance(values, dict):
        return {}
    texts = {name: text for name, text in values.items() if isinstance(text, str) and len(text) <= longest}
    return {name: text for name, text in list(texts.items())[:most] if not text.startswith("$")}
