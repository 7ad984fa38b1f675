"""The glossary and the references: complete, in order, and for the installed versions."""

import json
import re

import onnx
from support import ROOT

GLOSSARY = json.loads((ROOT / "handout/glossary.json").read_text(encoding="utf-8"))
REFERENCES = json.loads((ROOT / "handout/references.json").read_text(encoding="utf-8"))


def test_each_term_stands_once_in_order_with_one_sentence_and_a_link():
    terms = [entry["term"].lower() for entry in GLOSSARY]
    assert terms == sorted(set(terms))
    for entry in GLOSSARY:
        assert set(entry) == {"term", "means", "link"}
        assert re.fullmatch(r"[^.]+(\.\w[^.]*)*\.", entry["means"]), entry["means"]
        assert entry["means"][0].isupper()
        assert len(entry["means"].split()) <= 25
        assert entry["link"].startswith("https://")


def test_each_operator_that_is_linked_is_one_of_the_standard():
    pages = [re.search(r"/onnx_(aionnxml)?_(\w+)\.html", entry["link"]) for entry in GLOSSARY]
    found = [(page[2], "ai.onnx.ml" if page[1] else "") for page in pages if page]
    assert len(found) == 3
    for name, domain in found:
        assert onnx.defs.has(name, domain)


def test_the_versions_are_those_of_the_lock_files():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = set(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))
    npm = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for entry in REFERENCES:
        if "package" in entry:
            installed = npm.get(f"node_modules/{entry['package']}", {}).get("version")
            pinned = (entry["package"], entry["version"]) in pins
            assert pinned or entry["version"] == installed, entry["name"]
