"""Every row of the attack table has a test with its number (`row_025`), in its name or a case's id."""

import ast
import re
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROWS: Final = range(1, 130)
_ROW: Final = re.compile(r"row_(\d{3})")


def rows_of(source: str) -> set[int]:
    """Return the rows that tests of a module bear: in a test's name, or as `id` of a `pytest.param`."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            names = [node.name, *_ids(node)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.param", "param"):
            names = _ids(node)
        else:
            continue
        found |= {int(row) for name in names for row in _ROW.findall(name)}
    return found


def _ids(node: ast.AST) -> list[str]:
    """Return the texts of `id=` and `ids=` within a node."""
    given = [one.value for one in ast.walk(node) if isinstance(one, ast.keyword) and one.arg in ("id", "ids")]
    texts = [text.value for value in given for text in ast.walk(value) if isinstance(text, ast.Constant)]
    return [text for text in texts if isinstance(text, str)]


def test_every_row_has_a_test() -> None:
    covered = set[int]().union(*(rows_of(path.read_text()) for path in TESTS.rglob("test_*.py")))
    assert sorted(set(ROWS) - covered) == []
    assert sorted(covered - set(ROWS)) == [], "the table has no such row"
