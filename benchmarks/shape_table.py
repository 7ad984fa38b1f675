"""Shows what forest_shapes.py measured as a table, with the best of each row marked."""

NAMES = {
    "onnx101 double": "double",
    "onnx101 float": "float",
    "skl2onnx": "skl2onnx",
    "treelite": "Treelite",
}
BEGIN, END = "<!-- shapes: written by benchmarks/forest_shapes.py -->\n", "<!-- end of shapes -->\n"
# Memory: less than this may be rounding to pages of the system.
_NEXT_TO_NOTHING = 2**18
# Smaller differences do not count.
_ALIKE = 1.05


def table(shapes: list[dict]) -> str:
    """A table in Markdown: a row for each run; the best of each kind is bold."""
    header = ["estimator", "trees × leaves", "columns", "rows", "threads", "bits equal"]
    header += [f"ms, {name}" for name in NAMES.values()]
    header += [f"MB, {name}" for name in NAMES.values()]
    lines = [header, ["---"] * 2 + ["--:"] * (len(header) - 2)]
    for shape in shapes:
        classes = f", {shape['classes']} classes" * bool(shape["classes"])
        for run in shape["runs"]:
            engines = run["engines"]
            lines.append(
                [
                    shape["estimator"] + classes,
                    f"{shape['trees']:,} × {shape['leaves']:,}",
                    f"{shape['columns']:,}",
                    f"{run['rows']:,}",
                    str(run["threads"]),
                    f"{run['equal']:.0%}",
                    *cells(engines, "seconds", 1e3, 0),
                    *cells(engines, "bytes", 1e-6, _NEXT_TO_NOTHING),
                ]
            )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(engines: dict[str, dict], what: str, unit: float, nothing: float) -> list[str]:
    """A cell for each engine; as good as the best is what differs by a twentieth, or `nothing`."""
    best = min(engine[what] for engine in engines.values())
    found = []
    for name in NAMES:
        if name not in engines:
            found.append("–")
            continue
        value = engines[name][what]
        digits = 3 if value * unit < 1 else 2 if value * unit < 10 else 0
        text = f"{value * unit:,.{digits}f}"
        found.append(f"**{text}**" if value <= max(best * _ALIKE, nothing) else text)
    return found


def renewed(readme: str, recorded: dict) -> str:
    """The text with what was recorded in its place."""
    before, rest = readme.split(BEGIN)
    behind = rest.split(END)[1]
    machine = recorded["machine"]
    where = (
        f"{recorded['date']}, {machine['cores']} cores ({machine['cpu']}), "
        f"at a load average of {recorded['load_average']}, this measurement included.\n\n"
    )
    return before + BEGIN + where + table(recorded["shapes"]) + END + behind
