"""Settings: one table, parsed or refused with a sentence that names the culprit."""

from pathlib import Path

import pytest

from lti_room.base.settings import Address, SettingsError, load, variables

DEVELOPMENT = {"LTI_ROOM_DEVELOPMENT": "1"}


def test_defaults_are_the_ones_the_design_fixes() -> None:
    settings = load(DEVELOPMENT)
    assert settings.bind == Address("127.0.0.1", 8000)
    assert settings.devlms_bind == Address("localhost", 8001)
    assert settings.media_bind == Address("127.0.0.1", 8100)
    assert settings.public_url == "http://127.0.0.1:8000"


def test_an_unknown_setting_stops_the_start_and_is_named() -> None:
    with pytest.raises(SettingsError, match="LTI_ROOM_PUBLIK_URL"):
        load({**DEVELOPMENT, "LTI_ROOM_PUBLIK_URL": "http://127.0.0.1:8000"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LTI_ROOM_BIND", "8000"),
        ("LTI_ROOM_BIND", "127.0.0.1:99999"),
        ("LTI_ROOM_WEB_WORKERS", "two"),
        ("LTI_ROOM_WEB_WORKERS", "0"),
        ("LTI_ROOM_PUBLIC_URL", "rooms.example.org"),
        ("LTI_ROOM_PUBLIC_URL", "https://rooms.example.org/sub"),
        ("LTI_ROOM_REDIS_URL", "localhost:6379"),
        ("LTI_ROOM_DEVELOPMENT", "yes"),
        ("LTI_ROOM_LOG_LEVEL", "LOUD"),
        ("LTI_ROOM_MEDIA_FAST_PATH", "on"),
    ],
)
def test_a_malformed_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({**DEVELOPMENT, name: value})


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "8.8.8.8:8000", "rooms.example.org:8000"])
def test_development_mode_refuses_an_address_the_world_can_reach(bind: str) -> None:
    with pytest.raises(SettingsError, match="loopback or private"):
        load({**DEVELOPMENT, "LTI_ROOM_BIND": bind})


def test_development_mode_accepts_a_private_address() -> None:
    assert load({**DEVELOPMENT, "LTI_ROOM_BIND": "192.168.1.5:8000"}).bind.host == "192.168.1.5"


def test_production_needs_https() -> None:
    with pytest.raises(SettingsError, match="https://"):
        load({})
    assert load({"LTI_ROOM_PUBLIC_URL": "https://rooms.example.org"}).secure


def test_a_long_data_path_still_gives_a_socket_path_that_fits() -> None:
    settings = load({**DEVELOPMENT, "LTI_ROOM_DATA": "/tmp/" + "x" * 150})
    assert len(bytes(settings.redis_socket)) <= 100


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "config" / "README.md").read_text()
    for name, default, meaning in variables():
        shown = f"`{default}`" if default else ""
        assert f"| `{name}` | {shown} | {meaning} |" in text
