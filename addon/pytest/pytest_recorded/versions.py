"""Which packages a script and its neighbours import while they run; needs nothing but Python."""

import atexit
import builtins
import json
import os
import platform
import re
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

PYTHON = "Python " + ".".join(platform.python_version_tuple()[:2])


def note_imports() -> None:
    """Note what the files in one folder import, and write it when the process ends.

    RECORDED_VERSIONS names the file to write, RECORDED_FOLDER the folder; children get neither.
    """
    target, folder = (os.environ.pop(f"RECORDED_{name}", "") for name in ("VERSIONS", "FOLDER"))
    if not target:
        return
    wanted, load = set(), builtins.__import__

    def note(name, globals=None, locals=None, fromlist=(), level=0):
        importer = (globals or {}).get("__file__")
        if not level and importer and os.path.dirname(os.path.abspath(importer)) == folder:
            wanted.add(name)
            wanted.update(f"{name}.{part}" for part in fromlist or ())
        return load(name, globals, locals, fromlist, level)

    builtins.__import__ = note

    @atexit.register
    def write():
        Path(target).write_text(listed(set(wanted)), encoding="utf-8")


def listed(modules: set[str]) -> str:
    """`Python 3.11`, then `package version` of each module that an installed package brings."""
    packages = packages_distributions()
    names = set()
    for module in modules:
        brings = packages.get(module.partition(".")[0], [])
        names.update(brings if len(brings) == 1 else narrowed(module, brings))
    lines = sorted(f"{name.lower()} {version(name)}" for name in names)
    return "\n".join([PYTHON, *lines]) + "\n"


def narrowed(module: str, packages: list[str]) -> set[str]:
    """Of several packages that share a name, such as `google`, the one whose file was loaded."""
    from importlib.metadata import files

    loaded = getattr(sys.modules.get(module), "__file__", None)
    return {
        name
        for name in packages
        if loaded and any(file.locate() == Path(loaded) for file in files(name) or [])
    }


def of_node(script: Path) -> str:
    """The same for a script in Node: the packages that it names, as they are installed."""
    lines = []
    for name in set(re.findall(r"from '((?:@[\w.-]+/)?[\w.-]+)", script.read_text("utf-8"))):
        for folder in script.parents:
            package = folder / "node_modules" / name / "package.json"
            if package.exists():
                lines.append(f"{name} {json.loads(package.read_text('utf-8'))['version']}")
                break
    return "\n".join(sorted(lines)) + "\n"
