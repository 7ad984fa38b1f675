"""Teaches skl2onnx to convert forests, anywhere in a pipeline, as this package does."""

from importlib import import_module

import numpy as np
import onnx
from onnx import helper

from onnx101._convert import in_memory
from onnx101.ensemble import check_range
from onnx101.errors import ConversionError
from onnx101.families import FAMILIES
from onnx101.forms import embedded_graph
from onnx101.held import Kinds

# Options of skl2onnx that ask for other outputs: left to its own converter.
_OTHER_OUTPUTS = ("decision_leaf", "decision_path", "nocl", "raw_scores")
# The oldest opset with the operators used here.
_OPSET = 12


def register() -> None:
    """Make `skl2onnx.to_onnx` use this package for forests, trees and boosting.

    skl2onnx knows ai.onnx.ml up to 3, so its models hold the trees in the older and larger
    TreeEnsembleRegressor: for float32, one that adds them up itself. Where options ask for other
    outputs, or this package cannot convert the estimator, skl2onnx's own converter stays in use.

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
    """A converter for skl2onnx; falls back to `original` for what this package does not support."""

    def convert(scope, operator, container):
        model = operator.raw_operator
        options = [name for name in _OTHER_OUTPUTS if container.has_options(model, name)]
        wanted = container.get_options(model, dict.fromkeys(options, False))
        if any(wanted[name] for name in options):  # that one gives all other outputs, too
            original(scope, operator, container)
            return
        try:
            graph = _graph(operator, container)
        except ConversionError:
            original(scope, operator, container)
        else:
            _add(graph, scope, operator, container)

    return convert


def _graph(operator, container) -> onnx.GraphProto:
    """The graph of the estimator, for X in the type that it reads."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    ensemble, trees = in_memory(operator.raw_operator)
    given, result = operator.inputs[0].type, operator.outputs[-1]
    if any(reader.type == "SklearnZipMap" for reader in result.operators_inputs_):
        result.set_type(FloatTensorType(result.type.shape))  # ONNX has no ZipMap of doubles
    exact = ensemble.compares == np.float64 and not isinstance(given, FloatTensorType)
    kinds = Kinds(
        out=np.dtype(np.float64 if isinstance(result.type, DoubleTensorType) else np.float32),
        x=np.dtype(np.float64 if exact else np.float32),
    )
    if exact and container.target_opset_any_domain("ai.onnx.ml") < 3:
        raise ConversionError("ai.onnx.ml below 3 compares no doubles")
    if ensemble.head is not None:  # which skl2onnx's own converter would leave out
        raise NotImplementedError(f"{ensemble.name} with categories: use onnx101.to_onnx")
    check_range(ensemble, kinds.out)
    graph = embedded_graph(ensemble, trees, kinds)
    return onnx.GraphProto.FromString(graph.serialize())


def _add(graph: onnx.GraphProto, scope, operator, container) -> None:
    """Add the graph to skl2onnx's, under names not yet used there."""
    names = {"X": scope.get_unique_variable_name("X")}
    kind = graph.input[0].type.tensor_type.elem_type
    cast = helper.make_node("Cast", [operator.inputs[0].full_name], [names["X"]], to=kind)
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
        node.name = scope.get_unique_operator_name(node.op_type)
        container.nodes.append(node)
    container.node_domain_version_pair_sets |= {("", _OPSET), ("ai.onnx.ml", _ml_opset(graph))}


def _ml_opset(graph: onnx.GraphProto) -> int:
    """Trees with doubles need ai.onnx.ml 3."""
    names = {part.name for node in graph.node for part in node.attribute}
    return 3 if "nodes_values_as_tensor" in names else 1
