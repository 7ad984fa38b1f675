"""Every snippet keeps the form that the slides and the notebook rely on."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec

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


def test_each_submodule_that_is_reached_by_a_dot_comes_with_its_package():
    """Alone, `import onnx` does not bring onnx.reference; in a fork of pytest's, it is there."""
    reached = {}
    for path in [*SNIPPETS, *(ROOT / "snippets" / "support").glob("*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imports = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        packages = {alias.asname or alias.name: alias.name for alias in imports}
        for node in nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in packages:
                package = packages[ast.unparse(node.value)]
                has_parts = find_spec(package).submodule_search_locations
                if has_parts and find_spec(f"{package}.{node.attr}"):
                    reached.setdefault(package, set()).add(f"{package}.{node.attr}")
    assert "onnx.checker" in reached["onnx"]
    for package, modules in reached.items():
        alone = [sys.executable, "-c", "; ".join([f"import {package}", *sorted(modules)])]
        run = subprocess.run(alone, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
