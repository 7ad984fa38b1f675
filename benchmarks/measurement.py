"""The frame of a measurement: on which machine, with which versions, on which day."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from support import replacing


def cpu() -> str:
    """Return the processor's name as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(path: Path, measured: dict, packages: list[str]) -> None:
    """Write what was measured to `path` as JSON, framed; `packages` are the ones it depends on."""
    frame = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "cpu": cpu(),
            "cores": os.cpu_count(),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }
    with replacing(path) as beside:
        beside.write_text(json.dumps(frame | measured, indent=2) + "\n", encoding="utf-8")
