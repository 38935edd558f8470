"""The TOML file: what is read, and which sentence a mistake gets."""

from pathlib import Path

import pytest

from lti_room.base.settings import SettingsError
from lti_room.lti.registrations import file as registrations_file
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.in_memory import RegistrationList
from lti_room.lti.registrations.registration import Platform, RegistrationStatus, registration_id

EXAMPLE = """
[[registration]]
name = "Example school"
platform = "canvas"
issuer = "https://canvas.instructure.com"
client_id = "10000000000123"
auth_login_url = "https://sso.canvaslms.com/api/lti/authorize_redirect"
auth_token_url = "https://sso.canvaslms.com/login/oauth2/token"
jwks_url = "https://sso.canvaslms.com/api/lti/security/jwks"
deployments = ["77:acc0acc0"]
frame_origins = ["https://school.instructure.com"]
[registration.roles]
"ContentDeveloper" = "host"
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "registrations.toml"
    path.write_text(text)
    return path


def test_example_of_the_design(tmp_path: Path) -> None:
    [registration] = registrations_file.load(_file(tmp_path, EXAMPLE))
    assert registration.platform is Platform.CANVAS
    assert registration.deployments == {"77:acc0acc0"}
    assert registration.frame_origins == ("https://school.instructure.com",)
    assert registration.roles.decide(["ContentDeveloper"]) == "host"
    assert registration.id == registration_id("https://canvas.instructure.com", "10000000000123")
    assert registration.status is RegistrationStatus.ACTIVE


def test_an_empty_file_holds_none(tmp_path: Path) -> None:
    assert registrations_file.load(_file(tmp_path, "")) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "Example school"', "", "name must be a text"),
        ('platform = "canvas"', 'platform = "blackboard"', "platform must be one of canvas, moodle, sakai"),
        ('client_id = "10000000000123"', "client_id = 10000000000123", "client_id must be a text"),
        (
            "https://sso.canvaslms.com/api/lti/security",
            "http://sso.canvaslms.com",
            "jwks_url must start with https",
        ),
        (
            "https://sso.canvaslms.com/login",
            "https://a@sso.canvaslms.com/login",
            "auth_token_url must be a web",
        ),
        ("https://sso.canvaslms.com/api/lti/auth", "javascript:auth", "auth_login_url must be a web address"),
        ('["77:acc0acc0"]', '"77:acc0acc0"', "deployments must be a list"),
        (
            "https://school.instructure.com",
            "https://school.instructure.com/a",
            "frame_origins must hold origins",
        ),
        ('= "host"', '= "king"', "each result must be one of host, moderator, attendee"),
        ("deployments", "deployment", "deployment is not a known member"),
        ("[[registration]]", "[registration]", "[[registration]]"),
        ("[[registration]]", "[[registrations]]", "'registrations' is unknown"),
        ('"Example school"', '"Example school', "is not valid TOML"),
        ('issuer = "https', 'enabled = 1\nissuer = "https', "enabled must be true or false"),
        ('issuer = "https', 'algorithms = ["HS256"]\nissuer = "https', "algorithms may hold RS256"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in EXAMPLE
    path = _file(tmp_path, EXAMPLE.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        registrations_file.load(path)
    assert sentence in caught.value.message
    assert str(path) in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        registrations_file.load(tmp_path / "none.toml")


def test_the_same_client_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="registered twice"):
        RegistrationList(registrations_file.load(_file(tmp_path, EXAMPLE + EXAMPLE)))


@pytest.mark.parametrize(
    ("host", "allowed"), [("localhost:8001", True), ("10.0.0.5", True), ("lms.example", False)]
)
def test_http_is_for_development_nearby(host: str, allowed: bool) -> None:
    address = f"http://{host}/x"
    entry = dict.fromkeys(("auth_login_url", "auth_token_url", "jwks_url"), address)
    entry |= {"name": "N", "issuer": address, "client_id": "1"}
    with pytest.raises(SettingsError):
        from_mapping(entry)
    if allowed:
        assert from_mapping(entry, development=True).jwks_url == address
    else:
        with pytest.raises(SettingsError):
            from_mapping(entry, development=True)
