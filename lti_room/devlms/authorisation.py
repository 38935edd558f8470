"""The authorisation request (OIDC step 2) and its answer, as strict as the real LMSs and no milder."""

from collections.abc import Mapping
from dataclasses import dataclass

from lti_room.base.errors import AppError
from lti_room.devlms.claims import claims_for, id_token
from lti_room.devlms.launches import Launches
from lti_room.devlms.platform import Fault, Launch, Platform
from lti_room.devlms.signing import SigningKey

_SENTENCES: dict[Fault, str] = {
    "parameter": "A required parameter is missing or given twice.",
    "scope": "The scope must be openid.",
    "response_type": "The response_type must be id_token.",
    "response_mode": "The response_mode must be form_post.",
    "prompt": "The prompt must be none.",
    "client": "The client_id is not the tool of this launch.",
    "person": "The login_hint is not the person of this launch.",
    "launch": "This launch was used already, has expired, or never began.",
}
_FIXED: dict[Fault, str] = {
    "scope": "openid",
    "response_type": "id_token",
    "response_mode": "form_post",
}


class AuthorisationRefused(AppError):
    """A request whose refusal stays in the LMS's own page: the tool hears nothing of it."""


@dataclass(frozen=True)
class FormPost:
    """What the browser posts to the tool."""

    url: str
    fields: dict[str, str]


class _Faulty(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


def answer(
    platform: Platform, launches: Launches, key: SigningKey, parameters: Mapping[str, list[str]], now: float
) -> FormPost:
    """Judge an authorisation request: `parameters` holds all values of each name.

    Returns:
        The id_token and state to post, or `error`, `error_description` and state where this LMS posts errors.

    Raises:
        AuthorisationRefused: the redirect_uri is unknown, or this LMS shows such an error in its own page.
    """
    given = {name: values[0] for name, values in parameters.items()}
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in platform.redirect_uris or len(parameters["redirect_uri"]) != 1:
        raise AuthorisationRefused("redirect_uri_unknown", "The redirect_uri is not one of the tool's.")
    fields: dict[str, str] = {}
    try:
        if any(len(values) != 1 for values in parameters.values()):
            raise _Faulty("parameter")
        launch = _launch(platform, launches, given, now)
        fields["id_token"] = key.sign(id_token(platform, launch, given["nonce"], now))
        if platform.storage_target:
            fields["lti_storage_target"] = platform.storage_target
    except _Faulty as error:
        sentence = _SENTENCES[error.fault]
        code = platform.posted_errors.get(error.fault)
        if code is None:
            raise AuthorisationRefused(f"bad_{error.fault}", sentence) from error
        fields |= {"error": code, "error_description": sentence}
    if given.get("state"):
        fields["state"] = given["state"]
    return FormPost(redirect_uri, fields)


def _launch(platform: Platform, launches: Launches, given: Mapping[str, str], now: float) -> Launch:
    if not all(given.get(name) for name in platform.required):
        raise _Faulty("parameter")
    for fault, value in _FIXED.items():
        if given[fault] != value:
            raise _Faulty(fault)
    if given.get("prompt", "none") != "none":
        raise _Faulty("prompt")
    launch = launches.take(platform.launch_key(given, now))
    if launch is None:
        raise _Faulty("launch")
    if given["client_id"] != platform.client_id:
        raise _Faulty("client")
    if given["login_hint"] != platform.login_hint(launch, claims_for(platform, launch)):
        raise _Faulty("person")
    return launch
