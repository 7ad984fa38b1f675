"""Teaches skl2onnx to convert forests, anywhere in a pipeline, as this package does."""

import io
from importlib import import_module

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx101._convert import in_memory
from onnx101.errors import ConversionError
from onnx101.families import FAMILIES
from onnx101.writer import ModelWriter

# Options of skl2onnx that ask for other outputs; its own converter serves them.
_OTHER_OUTPUTS = ("decision_leaf", "decision_path", "nocl", "raw_scores")
# The oldest versions that have the operators in use.
_OPSET, _ML_OPSET = 15, 3


def register() -> None:
    """Make `skl2onnx.to_onnx` use this package for forests, trees and boosting.

    skl2onnx knows ai.onnx.ml up to 3, so its models hold the same trees in the older and larger
    TreeEnsembleRegressor; they predict the same, as fast. Where options ask for other outputs,
    skl2onnx's own converter stays in use.

    Raises ConversionError without skl2onnx.
    """
    try:
        from skl2onnx import update_registered_converter
        from skl2onnx._supported_operators import sklearn_operator_name_map as names
        from skl2onnx.common import _registration as known
    except ImportError:
        raise ConversionError("register needs skl2onnx: pip install 'onnx101[skl2onnx]'") from None
    for family in FAMILIES.values():
        if family.package is None:
            continue
        model = getattr(import_module(family.package), family.name)
        alias = names[model]
        original = known.get_converter(alias)
        update_registered_converter(
            model,
            alias,
            known.get_shape_calculator(alias),
            _converter(original),
            options=original.get_allowed_options(),
        )


def _converter(original):
    """A converter as skl2onnx calls it; `original` serves what this package does not."""

    def convert(scope, operator, container):
        model = operator.raw_operator
        options = [name for name in _OTHER_OUTPUTS if container.has_options(model, name)]
        wanted = container.get_options(model, dict.fromkeys(options, False))
        if any(wanted.values()):
            original(scope, operator, container)
        else:
            _add(scope, operator, container)

    return convert


def _add(scope, operator, container) -> None:
    """Put the graph of the estimator into skl2onnx's, under names that are free there."""
    model, doubles = operator.raw_operator, "Double" in type(operator.inputs[0].type).__name__
    # forests round X to float32 before they compare; HistGradientBoosting does not
    kind_in = np.float64 if doubles and type(model).__name__.startswith("Hist") else np.float32
    kind = np.float64 if "Double" in type(operator.outputs[-1].type).__name__ else np.float32
    graph = in_memory(model, ModelWriter(io.BytesIO(), np.dtype(kind), np.dtype(kind_in))).graph
    given = operator.inputs[0]
    names = {"X": scope.get_unique_variable_name("X")}
    cast = helper.make_node(
        "Cast",
        [given.full_name],
        [names["X"]],
        to=helper.np_dtype_to_tensor_dtype(np.dtype(kind_in)),
    )
    for inner, outer in zip(graph.output, operator.outputs, strict=True):
        names[inner.name] = outer.full_name
        dimensions = inner.type.tensor_type.shape.dim
        outer.type.shape = [size.dim_value or None for size in dimensions]
    for node in [*graph.node, *graph.initializer]:
        for name in getattr(node, "output", None) or [node.name]:
            if name not in names:
                names[name] = scope.get_unique_variable_name(name)
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
        container.initializers.append(tensor)
    for node in [cast, *graph.node]:
        if node is not cast:
            node.input[:] = [names[name] for name in node.input]
            node.output[:] = [names[name] for name in node.output]
        if node.op_type == "TreeEnsemble":
            node = _older(node)
        node.name = scope.get_unique_operator_name(node.op_type)
        container.nodes.append(node)
    container.node_domain_version_pair_sets |= {("", _OPSET), ("ai.onnx.ml", _ML_OPSET)}


def _older(node: onnx.NodeProto) -> onnx.NodeProto:
    """The TreeEnsembleRegressor (ai.onnx.ml 3) that does what a TreeEnsemble of this package does.

    The branches keep their numbers, and behind them come the leaves, one for each way to one.
    """
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    ways = {}
    codes = []
    branches = leaves = len(given["nodes_featureids"])
    for way in ("true", "false"):
        ids = np.array(given[f"nodes_{way}nodeids"])
        leaf = np.array(given[f"nodes_{way}leafs"], dtype=bool)
        codes.append(ids[leaf])
        ids[leaf] = np.arange(leaves, leaves + leaf.sum())
        leaves += int(leaf.sum())
        ways[way] = ids
    weights = numpy_helper.to_array(given["leaf_weights"])[np.concatenate(codes)]
    splits = numpy_helper.to_array(given["nodes_splits"])
    count = leaves - branches
    none = [0] * count
    suffix = "_as_tensor" if splits.dtype == np.float64 else ""
    numbers = {"nodes_values": np.append(splits, np.zeros(count)), "target_weights": weights}
    return helper.make_node(
        "TreeEnsembleRegressor",
        node.input,
        node.output,
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=[0] * leaves,
        nodes_nodeids=range(leaves),
        nodes_modes=["BRANCH_LEQ"] * branches + ["LEAF"] * count,
        nodes_featureids=given["nodes_featureids"] + none,
        nodes_truenodeids=ways["true"].tolist() + none,
        nodes_falsenodeids=ways["false"].tolist() + none,
        target_treeids=none,
        target_nodeids=range(branches, leaves),
        target_ids=none,
        **{
            name + suffix: numpy_helper.from_array(array) if suffix else array.tolist()
            for name, array in numbers.items()
        },
    )
