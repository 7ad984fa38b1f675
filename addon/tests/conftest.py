"""The fixture deck has a project of its own; its tests run in copies of it."""

collect_ignore = ["deck"]
