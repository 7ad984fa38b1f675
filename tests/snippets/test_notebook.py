"""The handout: as made today, in the talk's order, with the snippets' own code."""

import ast
import os
import runpy
import subprocess
import sys

import nbformat
import pytest
from support import ROOT

SCRIPT = ROOT / "scripts" / "notebook.py"
OUTPUTS = ROOT / "snippets" / "outputs"
MAKER = runpy.run_path(str(SCRIPT))

DECK = """---
theme: seriph
---

# A cover that shows nothing

---

# Where the bytes go

The largest is `nodes_modes`.

<Run snippet="opset" />

---

# Two at once

<<< @/snippets/tensors.py#dense py {1|3}
<<< @/snippets/tensors.py#types py
<<< @/snippets/opset.py#print py
<<< @/onnx101/opset.py py
"""


@pytest.fixture
def handout(tmp_path):
    deck = tmp_path / "slides.md"
    deck.write_text(DECK, encoding="utf-8")
    return MAKER["notebook"](deck)


def test_the_committed_notebook_is_the_one_made_today():
    made = nbformat.writes(MAKER["notebook"]()) + "\n"
    committed = MAKER["NOTEBOOK"].read_text(encoding="utf-8")
    assert committed == made, "run: python scripts/notebook.py"


def test_the_committed_index_is_the_one_made_today():
    committed = MAKER["INDEX"].read_text(encoding="utf-8")
    assert committed == MAKER["index"](), "run: python scripts/notebook.py"


def test_the_index_tells_each_lesson_once_with_its_first_slide(tmp_path):
    deck = tmp_path / "slides.md"
    deck.write_text(DECK, encoding="utf-8")
    *_, opset, tensors = MAKER["index"](deck).splitlines()
    assert opset.startswith("| [opset.py](opset.py) | ")
    assert opset.endswith(" | Where the bytes go |")
    assert tensors.startswith("| [tensors.py](tensors.py) | A tensor is")
    assert tensors.endswith(" | Two at once |")


def test_snippets_come_once_and_in_the_order_of_the_slides(handout):
    assert [cell.id for cell in handout.cells] == [
        "introduction",
        "slide-2",
        "opset-what",
        "opset-code",
        "opset-run",
        "slide-3",
        "tensors-what",
        "tensors-code",
        "tensors-run",
    ]
    texts = {cell.id: cell.source for cell in handout.cells}
    assert texts["slide-2"] == "## Where the bytes go\n\nThe largest is `nodes_modes`."
    assert texts["slide-3"] == "## Two at once\n\n`opset.py` is above."


def test_a_run_has_its_recording(handout):
    nbformat.validate(handout)
    runs = {cell.id: cell for cell in handout.cells if cell.id.endswith("-run")}
    for name in ("opset", "tensors"):
        (output,) = runs[f"{name}-run"].outputs
        assert output.text == (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["linear_regression", "opset", "tensors", "protobuf_bytes"])
def test_the_code_is_the_snippet_without_docstring_markers_and_guard(name):
    docstring, code = MAKER["source"](name)
    tree = ast.parse((ROOT / "snippets" / f"{name}.py").read_text(encoding="utf-8"))
    assert docstring == tree.body[0].value.value
    assert ast.dump(ast.parse(code)) == ast.dump(ast.Module(body=tree.body[1:-1], type_ignores=[]))
    assert "region" not in code.replace("endregion", "region").split()
    assert "\n\n\n\n" not in code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("# Title\n\nWords, **bold**.", "Words, **bold**."),
        ("# Title\n\n<v-clicks>\n\n- one\n- two\n\n</v-clicks>", "- one\n- two"),
        ("# T\n\n:::Note\nKept.\n:::\n\n::right::\n\nAlso.", "Kept.\n\nAlso."),
        ('# T\n\n<Chart :data="a > b"\n  @click="x => y"\n/>', ""),
        (
            "# T\n\nCode: `<Toc />`, a link: <https://onnx.ai>",
            "Code: `<Toc />`, a link: <https://onnx.ai>",
        ),
        ("# T\n\n```html\n<b>\n::x::\n```", "```html\n<b>\n::x::\n```"),
        ("# T\n\n<small>Small print.</small>", "Small print."),
        ("# T\n\n<<< @/snippets/opset.py#print py {1|2}{lines:true}", ""),
    ],
)
def test_prose_is_what_a_slide_says(content, expected):
    assert MAKER["prose"](content) == expected


def test_a_snippet_that_is_not_there_is_named(tmp_path):
    deck = tmp_path / "slides.md"
    deck.write_text('# T\n\n<Run snippet="nowhere" />\n')
    with pytest.raises(ValueError, match=r"snippets/nowhere\.py, which a slide names"):
        MAKER["notebook"](deck)


@pytest.mark.parametrize("text", ["import json\n", "", "# only a comment\n"])
def test_a_snippet_without_a_docstring_is_named(text, tmp_path, monkeypatch):
    (tmp_path / "bare.py").write_text(text)
    monkeypatch.setitem(MAKER["source"].__globals__, "SNIPPETS", tmp_path)
    with pytest.raises(ValueError, match=r"snippets/bare\.py has no docstring; begin it with"):
        MAKER["source"]("bare")


def test_without_node_it_says_so_and_writes_nothing():
    before = MAKER["NOTEBOOK"].read_bytes()
    run = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env=os.environ | {"PATH": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr == "notebook.py: cannot run node; install Node 20.12 or newer\n"
    assert MAKER["NOTEBOOK"].read_bytes() == before
