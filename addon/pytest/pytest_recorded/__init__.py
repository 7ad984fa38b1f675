"""Scripts that must go on printing what they printed; see plugin.py."""
