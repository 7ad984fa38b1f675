"""The manifest against the types of KServe's API; the image against this repository."""

import re
import shlex

import kserve.models
import kubernetes.client.models
import pytest
import yaml
from support import ROOT

MANIFEST = ROOT / "serving" / "inference-service.yaml"
DOCKERFILE = (ROOT / "serving" / "Dockerfile").read_text(encoding="utf-8")
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}


def wrong(value, kind, where="manifest"):
    """Where a value does not match a type of the API, given by its name there."""
    if listed := re.fullmatch(r"[lL]ist\[(.+)\]", kind):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [
            said for i, one in enumerate(value) for said in wrong(one, listed[1], f"{where}[{i}]")
        ]
    if table := re.fullmatch(r"[dD]ict[(\[]str, (.+)[)\]]", kind):
        return [
            said for key, one in value.items() for said in wrong(one, table[1], f"{where}.{key}")
        ]
    if kind in PLAIN:
        return [] if isinstance(value, PLAIN[kind]) else [f"{where} is no {kind}"]
    model = getattr(kserve.models, kind, None) or getattr(kubernetes.client.models, kind)
    names = {name: attribute for attribute, name in model.attribute_map.items()}
    found = [f"{where} has no {name}" for name in value.keys() - names.keys()]
    for name in value.keys() & names.keys():
        found += wrong(value[name], model.openapi_types[names[name]], f"{where}.{name}")
    if not found:
        try:
            model(**{names[name]: one for name, one in value.items()})
        except ValueError as error:  # a required field is missing
            found.append(f"{where}: {error}")
    return found


@pytest.fixture
def manifest():
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_the_manifest_agrees_with_the_api(manifest):
    assert wrong(manifest, "V1beta1InferenceService") == []
    assert (manifest["apiVersion"], manifest["kind"]) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
    )


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("minReplica", 1, "has no minReplica"),
        ("minReplicas", "1", "minReplicas is no int"),
        ("containers", {}, "containers is no list"),
        ("containers", [{"image": "x"}], "name"),
    ],
)
def test_a_wrong_manifest_would_be_seen(manifest, path, value, said):
    manifest["spec"]["predictor"][path] = value
    (found,) = wrong(manifest, "V1beta1InferenceService")
    assert said in found


def test_the_manifest_asks_for_what_the_service_has(manifest, client):
    (container,) = manifest["spec"]["predictor"]["containers"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert client.get(container[probe]["httpGet"]["path"]).status_code == 200
    (image,) = re.findall(r"docker build -t (\S+)", DOCKERFILE)
    assert container["image"] == image
    assert f"EXPOSE {container['ports'][0]['containerPort']}" in DOCKERFILE


def test_the_image_copies_what_is_there():
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = shlex.split(line)
        for source in sources:
            assert (ROOT / source).exists(), source
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (version,) = re.findall(r"uv==(\S+)", DOCKERFILE)
    assert f"\nuv=={version} " in lock
