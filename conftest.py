"""This project uses its own plugin from source; elsewhere it is installed."""

pytest_plugins = ["pytest_recorded.plugin"]
