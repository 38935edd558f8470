"""The core imports nothing that knows the time, chance, the network or the rest of the program."""

import ast
from pathlib import Path

import pytest

import lti_room.rooms

FOLDER = Path(lti_room.rooms.__file__).parent
OUTSIDE = {"redis_store.py", "memory_store.py", "ports.py", "__init__.py"}
CORE = sorted(path for path in FOLDER.rglob("*.py") if path.parent != FOLDER or path.name not in OUTSIDE)
ALLOWED = ("collections.abc", "dataclasses", "enum", "typing", "types", "orjson")
OURS = ("lti_room.rooms.", "lti_room.base.ids", "lti_room.base.errors")
FORBIDDEN_OURS = ("lti_room.rooms.redis_store", "lti_room.rooms.memory_store", "lti_room.rooms.ports")


def imported(path: Path) -> set[str]:
    """Return the modules a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {
                f"{node.module}.{alias.name}" if node.module == "lti_room.rooms" else str(node.module)
                for alias in node.names
            }
    return found


def test_the_core_is_where_this_test_looks() -> None:
    assert {path.name for path in CORE} >= {
        "model.py",
        "policy.py",
        "apply.py",
        "view.py",
        "codec.py",
        "seats.py",
    }


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(FOLDER)))
def test_imports(path: Path) -> None:
    for module in imported(path):
        assert module in ALLOWED or module.startswith(OURS), f"{path.name} imports {module}"
        assert not module.startswith(FORBIDDEN_OURS), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(FOLDER)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250 or path.name == "commands.py"
