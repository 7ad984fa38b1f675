"""Every snippet keeps the form that the slides and the notebook rely on."""

import ast
import re

import pytest
from support import ROOT

SNIPPETS = sorted((ROOT / "snippets").glob("*.py"))
LONGEST = 60  # lines: one idea per lesson; command line and error handling are in snippets/support

MARKER = re.compile(r"\s*# (end)?region (\S+)")

each_snippet = pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)


def regions(text):
    """Name and lines of each region; markers must pair up."""
    name, lines = None, []
    for line in text.splitlines():
        marker = MARKER.fullmatch(line)
        if marker and marker[1]:
            assert marker[2] == name, f"# endregion {marker[2]} closes {name}"
            yield name, "\n".join(lines).rstrip().splitlines()
            name = None
        elif marker:
            assert name is None, f"{name} is not closed before {marker[2]}"
            name, lines = marker[2], []
        else:
            lines.append(line)
    assert name is None, f"{name} is not closed"


@each_snippet
def test_it_is_a_docstring_definitions_and_a_guard(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree) or ""
    assert len(docstring.splitlines()) == 1, f"{path.name}: begin it with one line on its idea"
    *body, main, guard = tree.body[1:]
    assert ast.unparse(guard) == "if __name__ == '__main__':\n    main()"
    assert ast.unparse(main).startswith("def main(argv: list[str] | None=None) -> None:")
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)
    assert [ast.unparse(node) for node in body if not isinstance(node, allowed)] == []


@each_snippet
def test_its_regions_are_whole_and_run_in_a_notebook(path):
    for name, lines in regions(path.read_text(encoding="utf-8")):
        assert lines, f"region {name} is empty"
        assert not any("__file__" in line for line in lines)


@each_snippet
def test_it_is_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines; {LONGEST} are allowed"
