"""Every family in the table is read, converted, registered, tested and documented."""

import re
from importlib import import_module
from pathlib import Path

import cases
import pytest
import test_register

import onnx101
from onnx101 import families, names

README = (Path(onnx101.__file__).parent / "README.md").read_text(encoding="utf-8")


def kinds(table: dict) -> set[str]:
    return {type(entry[0]).__name__ for entry in table.values()}


def test_every_file_of_families_is_in_the_table():
    folder = Path(families.__file__).parent
    modules = [import_module(f"onnx101.families.{path.stem}") for path in folder.glob("[a-z]*.py")]
    listed = [family for module in modules for family in getattr(module, "FAMILIES", [])]
    assert {family.name: family for family in listed} == families.FAMILIES
    assert len(listed) == len(families.FAMILIES), "two have the same name"


def test_every_family_is_tested_against_scikit_learn():
    here = kinds(cases.EXACT | cases.CLOSE)
    # one is stored by imbalanced-learn (test_versions), the other gives leaves (test_leaves)
    elsewhere = {"BalancedRandomForestClassifier", "RandomTreesEmbedding"}
    assert here | elsewhere == families.FAMILIES.keys()
    assert not here & elsewhere


def test_every_family_that_skl2onnx_knows_is_tested_in_a_pipeline():
    registered = {family.name for family in families.FAMILIES.values() if family.package}
    assert kinds(test_register.MODELS) == registered


@pytest.mark.parametrize("family", families.FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_is_what_its_pickles_name(family):
    assert all((module, family.name) in names.NEEDED for module in family.modules)
    if family.modules[0].startswith("imblearn."):
        return  # not installed here; its pickles in test_versions contain the name
    found = getattr(import_module(family.modules[0]), family.name)
    assert found.__module__ == family.modules[0]
    if family.package:
        assert getattr(import_module(family.package), family.name) is found


def test_the_readme_has_a_row_for_every_family():
    section = README.partition("## How equal")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    told = " ".join(rows[1:])
    for name in families.FAMILIES:
        plain = re.sub("(Regressor|Classifier)$", "", name)
        assert re.search(rf"\b{plain}\b", told), f"no row says how equal {plain} is"
