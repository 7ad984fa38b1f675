"""Makes the handout and the index of the course, both in the order of the slides.

snippets/onnx101.ipynb holds the code of the talk, snippets/README.md says what to read first.
"""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parent.parent
SNIPPETS = ROOT / "snippets"
NOTEBOOK = SNIPPETS / "onnx101.ipynb"
INDEX = SNIPPETS / "README.md"

INTRODUCTION = """# {title}

The code of the talk, in the order of its slides. Each part stands alone: run its first cell, then
`main([])`, which also takes the options of the command line. Made by `scripts/notebook.py`."""

COURSE = """# The course

One idea a file, in the order of the talk. Each runs alone: `python snippets/opset.py`. What it
prints is in `outputs/`. Made by `scripts/notebook.py`.

| lesson | idea | slide |
|---|---|---|
"""

SNIPPET = r"(?<=@/snippets/)\w+(?=\.py\b)|(?<= snippet=\")\w+"  # an import, a component's prop
CODE = r"(?P<fence>`+)(?s:.*?)(?P=fence)"
TAG = r"</?(?!\w+://)[A-Za-z](?:\"[^\"]*\"|'[^']*'|[^'\">])*>"
SLIDEV = r"^[ \t]*(?:<<<|:::?).*$"  # an import, a slot, the fence of a note


def slides(deck: Path) -> list[dict]:
    """The slides of a deck, as the addon reports them."""
    reader = ROOT / "addon" / "commands" / "slides.mjs"
    command = ["node", str(reader), str(deck)]
    try:
        run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        raise ValueError("cannot run node; install Node 20.12 or newer") from None
    if run.returncode:
        raise ValueError(run.stderr.strip())
    return json.loads(run.stdout)


def read(path: Path, advice: str) -> str:
    """The text of a file that a slide leads to."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        name = path.relative_to(ROOT)
        raise ValueError(f"{name}, which a slide names, is not there; {advice}") from None


def prose(content: str) -> str:
    """What a slide says, without its title, its imports and its components."""
    text = re.sub(r"\A#.*", "", content.strip())
    text = re.sub(r"^(`{4,})md magic-move(?s:.*?)^\1$", "", text, flags=re.MULTILINE)
    text = re.sub(
        f"{CODE}|{SLIDEV}|{TAG}",
        lambda match: match[0] if match["fence"] else "",
        text,
        flags=re.MULTILINE,
    )
    return re.sub(r"\n\s*\n", "\n\n", text).strip()


def source(name: str) -> tuple[str, str]:
    """The docstring of a snippet, and its code without docstring, markers and guard."""
    text = read(SNIPPETS / f"{name}.py", "mend the name")
    tree = ast.parse(text)
    docstring = ast.get_docstring(tree)
    if not docstring:
        raise ValueError(f"snippets/{name}.py has no docstring; begin it with a line on its idea")
    first, last = tree.body[0].end_lineno, tree.body[-1].lineno
    lines = text.splitlines()[first : last - 1]
    code = "\n".join(line for line in lines if not re.match(r"\s*# (end)?region ", line))
    return docstring, re.sub(r"\n{4,}", "\n\n\n", code).strip()


def cells(name: str):
    """The cells of one snippet: what it is, its code, its run with the recorded output."""
    docstring, code = source(name)
    outputs = SNIPPETS / "outputs"
    recording = read(outputs / f"{name}.txt", f"run: pytest snippets/{name}.py --record")
    run = new_code_cell(
        "main([])",
        id=f"{name}-run",
        outputs=[new_output("stream", name="stdout", text=recording)],
    )
    yield new_markdown_cell(f"`{name}.py`: {docstring}", id=f"{name}-what")
    yield new_code_cell(code, id=f"{name}-code")
    yield run


def notebook(deck: Path = ROOT / "slides.md") -> nbformat.NotebookNode:
    """The handout of a deck: the slides that show a snippet, each snippet after the first one."""
    told = slides(deck)
    title = told[0]["frontmatter"].get("title", "The code")
    made = [new_markdown_cell(INTRODUCTION.format(title=title), id="introduction")]
    shown = set()
    for no, slide in enumerate(told, 1):
        names = dict.fromkeys(re.findall(SNIPPET, slide["content"]))
        if not names:
            continue
        above = [f"`{name}.py` is above." for name in names if name in shown]
        parts = [f"## {slide['title']}", prose(slide["content"]), *above]
        text = "\n\n".join(part for part in parts if part)
        made.append(new_markdown_cell(text, id=f"slide-{no}"))
        for name in names:
            if name not in shown:
                shown.add(name)
                made += cells(name)
    runs = (cell for cell in made if cell.cell_type == "code")
    for count, cell in enumerate(runs, 1):
        cell.execution_count = count
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel})


def index(deck: Path = ROOT / "slides.md") -> str:
    """The lessons of a deck, each with its idea and the first slide that shows it."""
    first = {}
    for slide in slides(deck):
        for name in re.findall(SNIPPET, slide["content"]):
            first.setdefault(name, slide)
    rows = (
        f"| [{name}.py]({name}.py) | {source(name)[0]} | {slide['title']} |\n"
        for name, slide in first.items()
    )
    return COURSE + "".join(rows)


def main() -> None:
    try:
        for path, text in ((NOTEBOOK, nbformat.writes(notebook()) + "\n"), (INDEX, index())):
            beside = path.with_suffix(".new")
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)
    except ValueError as error:
        sys.exit(refuse(str(error)))
    except OSError as error:
        sys.exit(refuse(f"cannot write {error.filename}: {error.strerror}"))


def refuse(message: str) -> int:
    print(f"notebook.py: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
