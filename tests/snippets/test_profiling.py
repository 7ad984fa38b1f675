"""The profile of a run: every node that runs, and sums that a loop confirms."""

import onnx
import onnxruntime as ort
import oracle
import profiling


def test_each_node_that_runs_is_in_it(split, tmp_path):
    events = profiling.profile(oracle.MODEL, split[1][:10], tmp_path)
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    ort.InferenceSession(oracle.MODEL, options)
    optimised = {node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node}
    # Whatever depends on no input is folded before the first run; Constant never runs.
    assert set(profiling.microseconds(events)) == optimised - {"Constant"}
    trees = [
        event
        for event in events
        if event["cat"] == "Node" and event["args"]["op_name"] == "TreeEnsemble"
    ]
    assert len([event for event in trees if event["name"].endswith("_kernel_time")]) == 4 * 5


def test_sums_the_quickest_run_of_each_node():
    def event(op, node, dur, name="x_kernel_time", cat="Node"):
        return {"cat": cat, "name": name, "dur": dur, "args": {"op_name": op, "node_index": node}}

    events = [event("Add", "1", 5), event("Add", "1", 3), event("Add", "2", 4)]
    events += [event("Mul", "3", 9), event("Mul", "3", 1, "x_fence_before")]
    events += [event("run", "0", 1, cat="Session")]
    assert profiling.microseconds(events) == {"Add": 7, "Mul": 9}
