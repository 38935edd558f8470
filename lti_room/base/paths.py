"""Folders: where templates and static files lie (beside the package, in a wheel inside it), and our own."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def private_folder(folder: Path) -> None:
    """Make a folder, and the missing ones above it, for us alone; folders that are there stay as they are."""
    for each in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        each.mkdir(mode=0o700, exist_ok=True)


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
