"""Where templates and static files lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def assets(name: str) -> Path:
    """Return the folder `templates` or `static`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    in_checkout = (_PACKAGE.parent / "pyproject.toml").is_file()
    folder = (_PACKAGE.parent if in_checkout else _PACKAGE) / name
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder {name!r} is missing from this installation of lti-room.")
    return folder
