"""scikit-learn's side of bench/predict.ts: the given tree inside a DecisionTreeClassifier, timed in this process.

Reads one JSON line {"tree", "rows", "labels", "type"} per tree on stdin; then "run" or "next" per line. Answers each
line with one of JSON. Rows are raw little-endian float32; labels are written as raw int32.
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier


def classifier(tree):
    """A classifier that was fitted on two rows, with its nodes replaced."""
    class_count, feature_count = tree["classCount"], tree["featureCount"]
    labels = np.arange(class_count)
    model = DecisionTreeClassifier(max_depth=1).fit(np.zeros((class_count, feature_count)), labels)
    old = model.tree_.__getstate__()
    node_count = len(tree["feature"])
    nodes = np.zeros(node_count, dtype=old["nodes"].dtype)
    is_leaf = np.array(tree["feature"]) < 0
    nodes["left_child"] = tree["left"]
    nodes["right_child"] = tree["right"]
    nodes["feature"] = np.where(is_leaf, -2, tree["feature"])
    nodes["threshold"] = np.where(is_leaf, -2.0, tree["threshold"])
    counts = np.array(tree["counts"], dtype=np.float64).reshape(node_count, 1, class_count)
    nodes["n_node_samples"] = counts.sum(axis=(1, 2))
    nodes["weighted_n_node_samples"] = nodes["n_node_samples"]
    state = {**old, "max_depth": tree["depth"], "node_count": node_count, "nodes": nodes, "values": counts}
    replaced = type(model.tree_)(feature_count, np.array([class_count], dtype=np.intp), 1)
    replaced.__setstate__(state)
    model.tree_ = replaced
    return model


def answer(value):
    print(json.dumps(value), flush=True)


def main():
    answer({"version": sklearn.__version__})
    for line in sys.stdin:
        job = json.loads(line)
        model = classifier(job["tree"])
        rows = np.fromfile(job["rows"], dtype="<f4").reshape(-1, job["tree"]["featureCount"]).astype(job["type"])
        model.predict(rows).astype("<i4").tofile(job["labels"])
        answer({"ready": True})
        for command in sys.stdin:
            if command.strip() == "next":
                break
            start = time.perf_counter()
            model.predict(rows)
            answer({"ms": (time.perf_counter() - start) * 1000})


main()
