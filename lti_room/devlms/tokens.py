"""The token endpoint: client_credentials with a client assertion (private_key_jwt)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from lti_room.base import entropy
from lti_room.base.errors import AppError
from lti_room.devlms.platform import Platform
from lti_room.devlms.signing import SigningKey

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_SECONDS = 3600
_SKEW = 60
_PATIENCE = (2.0, 5.0)
_LARGEST_KEY_SET = 262_144


class TokenRefused(AppError):
    """The token request was refused; `code` is the OAuth error."""


@dataclass(frozen=True)
class AccessToken:
    """An access token and what it is good for."""

    text: str
    scopes: tuple[str, ...]
    seconds: int = _SECONDS


def tool_keys(tool_url: str) -> dict[str, Any]:
    """Fetch the tool's key set; asked again for every token, as Sakai does.

    Raises:
        TokenRefused: the tool does not answer with a key set.
    """
    try:
        reply = requests.get(f"{tool_url}/lti/jwks.json", timeout=_PATIENCE, allow_redirects=False)
        reply.raise_for_status()
        keys = json.loads(reply.content[:_LARGEST_KEY_SET])
    except (requests.RequestException, ValueError) as error:
        raise TokenRefused("invalid_client", "The tool's key set cannot be read.") from error
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        raise TokenRefused("invalid_client", "The tool's key set is not a key set.")
    return keys


def issue(
    platform: Platform,
    key: SigningKey,
    form: Mapping[str, str],
    mimetype: str,
    keys: Callable[[], dict[str, Any]],
    now: float,
) -> AccessToken:
    """Judge a token request and grant scopes as this LMS does.

    Raises:
        TokenRefused: with the OAuth error `invalid_request`, `unsupported_grant_type`, `invalid_client`
            or `invalid_scope`.
    """
    if platform.form_required and mimetype != _FORM:
        raise TokenRefused("invalid_request", f"The body must be {_FORM}.")
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "The grant_type must be client_credentials.")
    if form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise TokenRefused("invalid_request", "The client_assertion_type must be jwt-bearer.")
    if not form.get("scope"):
        raise TokenRefused("invalid_scope", "A scope is required.")
    claims = _signed(form.get("client_assertion", ""), keys())
    _check(platform, claims, now)
    scopes = platform.granted(form["scope"].split())
    if not scopes:
        raise TokenRefused("invalid_scope", "The tool's registration does not allow these scopes.")
    return AccessToken(_text(platform, key, scopes, now), tuple(scopes))


def _signed(assertion: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    try:
        kid = jwt.get_unverified_header(assertion).get("kid")
        found = next(key for key in keys["keys"] if isinstance(key, dict) and key.get("kid") == kid)
        claims: dict[str, Any] = jwt.decode(
            assertion,
            jwt.PyJWK.from_dict(found, algorithm="RS256").key,
            algorithms=["RS256"],
            # Times and audience are judged by our clock and each LMS's table.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except StopIteration:
        raise TokenRefused("invalid_client", "The assertion's key is not in the tool's key set.") from None
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_client", "The assertion's signature is not the tool's.") from error
    return claims


def _check(platform: Platform, claims: Mapping[str, Any], now: float) -> None:
    missing = [name for name in platform.assertion_claims if not claims.get(name)]
    if missing:
        raise TokenRefused("invalid_client", f"The assertion lacks {missing[0]}.")
    if claims.get("sub") != platform.client_id:
        raise TokenRefused("invalid_client", "The assertion's sub is not the client_id.")
    if "exp" in claims and not now < _number(claims["exp"]) + _SKEW:
        raise TokenRefused("invalid_client", "The assertion has expired.")
    oldest = platform.assertion_seconds
    if oldest is not None and not -_SKEW < now - _number(claims["iat"]) < oldest:
        raise TokenRefused("invalid_client", "The assertion is too old.")
    if platform.audience_checked:
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if platform.token_url not in audience:
            raise TokenRefused("invalid_client", "The assertion's aud is not this token endpoint.")


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise TokenRefused("invalid_client", "A time in the assertion is not a number.")


def _text(platform: Platform, key: SigningKey, scopes: list[str], now: float) -> str:
    if not platform.grant_is_jwt:
        return entropy.new_secret()
    return key.sign(
        {
            "iss": platform.issuer,
            "sub": platform.client_id,
            "aud": platform.token_url,
            "iat": int(now),
            "exp": int(now) + _SECONDS,
            "jti": entropy.new_id("jti"),
            "scope": " ".join(scopes),
        }
    )
