"""The attack table, rows 41 to 55: the shape of the token, its header, its signature.

None of these uses the login up: the true launch still works afterwards.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.lti.conftest import School
from tests.support.platform import ABSENT, UnrulyPlatform, encoded, rsa_key, signed

Forge = Callable[[UnrulyPlatform, dict[str, Any]], str]


def of_bytes(header: bytes | None = None, body: bytes | None = None) -> Forge:
    """A well signed token whose header or body is this text."""

    def forge(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
        usual = json.dumps({"alg": "RS256", "kid": platform.kid}).encode()
        return signed(
            header or usual, body if body is not None else json.dumps(claims).encode(), platform.key
        )

    return forge


def with_header(**members: Any) -> Forge:
    return lambda platform, claims: platform.sign(claims, **members)


def edited(edit: Callable[[str], str]) -> Forge:
    return lambda platform, claims: edit(platform.sign(claims))


def duplicated(name: str) -> Forge:
    def forge(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
        text = json.dumps(claims)
        return platform.sign((text[:-1] + f', "{name}": {json.dumps(claims[name])}}}').encode())

    return forge


def signed_with_public_pem(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
    pem = platform.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = json.dumps({"alg": "HS256", "kid": platform.kid}).encode()
    text = f"{encoded(header)}.{encoded(json.dumps(claims).encode())}"
    return f"{text}.{encoded(hmac.digest(pem, text.encode(), hashlib.sha256))}"


def unsigned(algorithm: str) -> Forge:
    return lambda platform, claims: platform.sign(claims, alg=algorithm).rpartition(".")[0] + "."


def swapped_payload(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
    header, _, signature = platform.sign(claims).split(".")
    other = claims | {"sub": "somebody-else"}
    return f"{header}.{encoded(json.dumps(other).encode())}.{signature}"


def huge(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
    return platform.sign(claims | {"filler": "x" * 67_000})


def deep(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
    return platform.sign(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")


def stranger(platform: UnrulyPlatform, claims: dict[str, Any]) -> str:
    return platform.sign(claims, key=rsa_key("stranger"))


REFUSED: list[Any] = [
    pytest.param(lambda p, c: "junk", 400, "jwt_malformed", id="row_041_junk"),
    pytest.param(edited(lambda t: t.rpartition(".")[0]), 400, "jwt_malformed", id="row_041_two_parts"),
    pytest.param(edited(lambda t: t + ".x"), 400, "jwt_malformed", id="row_041_four_parts"),
    pytest.param(edited(lambda t: t + "="), 400, "jwt_malformed", id="row_041_padding"),
    pytest.param(edited(lambda t: "!" + t), 400, "jwt_malformed", id="row_041_alphabet"),
    pytest.param(edited(lambda t: t.replace(".", ".\n")), 400, "jwt_malformed", id="row_041_line_break"),
    pytest.param(
        edited(lambda t: t[:-1] + chr(ord(t[-1]) + 1)), 400, "jwt_malformed", id="row_041_spare_bits"
    ),
    pytest.param(of_bytes(body=b"\xff\xfe"), 400, "jwt_malformed", id="row_041_not_utf8"),
    pytest.param(of_bytes(header=b"[]"), 400, "jwt_malformed", id="row_042_header_list"),
    pytest.param(of_bytes(header=b"null"), 400, "jwt_malformed", id="row_042_header_null"),
    pytest.param(of_bytes(body=b"[1]"), 400, "jwt_malformed", id="row_042_body_list"),
    pytest.param(of_bytes(body=b'"text"'), 400, "jwt_malformed", id="row_042_body_text"),
    pytest.param(of_bytes(body=b"null"), 400, "jwt_malformed", id="row_042_body_null"),
    pytest.param(duplicated("sub"), 400, "jwt_malformed", id="row_043_sub_twice"),
    pytest.param(
        of_bytes(header=b'{"alg":"RS256","alg":"RS256","kid":"kid-first"}'),
        400,
        "jwt_malformed",
        id="row_043_alg_twice",
    ),
    pytest.param(of_bytes(body=b'{"exp": NaN}'), 400, "jwt_malformed", id="row_043_nan"),
    pytest.param(of_bytes(body=b'{"exp": -Infinity}'), 400, "jwt_malformed", id="row_043_infinity"),
    pytest.param(deep, 400, "jwt_malformed", id="row_044_deep"),
    pytest.param(huge, 413, "id_token_too_large", id="row_045_90_kb"),
    pytest.param(unsigned("none"), 401, "alg_not_allowed", id="row_047_none"),
    pytest.param(unsigned("None"), 401, "alg_not_allowed", id="row_047_None"),
    pytest.param(unsigned("NONE"), 401, "alg_not_allowed", id="row_047_NONE"),
    pytest.param(with_header(alg="none"), 401, "alg_not_allowed", id="row_047_signed_none"),
    pytest.param(with_header(alg=ABSENT), 401, "alg_not_allowed", id="row_047_absent"),
    pytest.param(with_header(alg=["RS256"]), 401, "alg_not_allowed", id="row_047_list"),
    pytest.param(signed_with_public_pem, 401, "alg_not_allowed", id="row_048_hs256"),
    pytest.param(with_header(alg="RS512"), 401, "alg_not_allowed", id="row_049_rs512"),
    pytest.param(with_header(crit=["exp"]), 401, "header_not_allowed", id="row_050_crit"),
    pytest.param(with_header(b64=False), 401, "header_not_allowed", id="row_050_b64"),
    pytest.param(with_header(zip="DEF"), 401, "header_not_allowed", id="row_050_zip"),
    pytest.param(with_header(kid=ABSENT), 401, "kid_missing", id="row_052_absent"),
    pytest.param(with_header(kid=7), 401, "kid_missing", id="row_052_number"),
    pytest.param(with_header(kid="wrong"), 401, "kid_unknown", id="row_053_wrong"),
    pytest.param(stranger, 401, "token_invalid", id="row_054_other_key"),
    pytest.param(swapped_payload, 401, "token_invalid", id="row_055_swapped"),
    pytest.param(unsigned("RS256"), 401, "token_invalid", id="row_055_no_signature"),
]


@pytest.mark.parametrize(("forge", "status", "code"), REFUSED)
def test_refused_token(school: School, forge: Forge, status: int, code: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    claims = school.canvas.claims(school.tool, asked["nonce"])
    reply = visitor.launch(asked["state"], forge(school.canvas, claims))
    assert (reply.status, reply.error) == (status, code)
    assert visitor.launch(asked["state"], school.canvas.sign(claims)).status == 303


@pytest.mark.parametrize("kilobytes", [pytest.param(800, id="row_046")])
def test_large_body(school: School, kilobytes: int) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    token = school.canvas.sign(school.canvas.claims(school.tool, asked["nonce"]))
    reply = visitor.launch(asked["state"], token, filler="x" * kilobytes * 1000)
    assert reply.status == 413
    assert visitor.launch(asked["state"], token).status == 303


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"jku": "https://evil.example/jwks"}, id="row_051_jku"),
        pytest.param({"x5u": "https://evil.example/cert"}, id="row_051_x5u"),
        pytest.param({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, id="row_051_jwk"),
    ],
)
def test_key_hints_are_ignored(school: School, header: dict[str, Any]) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    claims = school.canvas.claims(school.tool, asked["nonce"])
    forged = school.canvas.sign(claims, key=rsa_key("stranger"), **header)
    assert visitor.launch(asked["state"], forged).error == "token_invalid"
    assert visitor.launch(asked["state"], school.canvas.sign(claims, **header)).status == 303
