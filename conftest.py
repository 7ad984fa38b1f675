"""This project uses its own plugin from source; elsewhere it is installed."""

pytest_plugins = ["pytest_recorded.plugin"]


def pytest_collectstart(collector):
    """Holds a notebook to what its cells print: on stderr, its kernel speaks of itself."""
    if collector.path.suffix == ".ipynb":
        collector.skip_compare += ("stderr",)
