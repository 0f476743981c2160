"""scikit-learn's side of bench/fit.ts: fits on request and says how long it took and what came out.

Requests and answers are one line of JSON each; {} asks for the version. A table is a file of row-major 32-bit floats and
one of 32-bit labels; "trees" asks for a forest. "type" is what the values are handed over as: float32, which scikit-learn computes with, or float64,
which a table is read into.
"""

import json
import re
import sys
import time

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

tables = {}


def load(request):
    key = request["values"], request["type"]
    if key not in tables:
        values = np.fromfile(request["values"], dtype=np.float32).reshape(request["rows"], -1)
        values = values.astype(request["type"], copy=False)
        tables[key] = values, np.fromfile(request["labels"], dtype=np.int32)
    return tables[key]


def peak_mb():
    """Of this program: getrusage counts what the process was before, too."""
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


def fit_forest(request):
    values, labels = load(request)
    model = RandomForestClassifier(request["trees"], random_state=0, **request["settings"])
    start, processor = time.perf_counter(), time.process_time()
    model.fit(values, labels)
    return {
        "seconds": time.perf_counter() - start,
        "processorSeconds": time.process_time() - processor,
        "outOfBag": float(model.oob_score_) if model.oob_score else None,
        "nodes": sum(tree.tree_.node_count for tree in model.estimators_),
    }


def fit(request):
    values, labels = load(request)
    repeats = request["repeats"]
    start = time.perf_counter()
    for _ in range(repeats):
        model = DecisionTreeClassifier(random_state=0, **request["settings"]).fit(values, labels)
    seconds = (time.perf_counter() - start) / repeats
    peak = peak_mb()
    tree = model.tree_
    leaves = tree.children_left == -1
    return {
        "seconds": seconds,
        "accuracy": float(model.score(values, labels)),
        "leaves": int(leaves.sum()),
        "leafImpurity": float((tree.impurity * tree.n_node_samples)[leaves].sum() / len(labels)),
        "peakMB": peak,
    }


for line in sys.stdin:
    request = json.loads(line)
    if not request:
        answer = {"version": sklearn.__version__}
    else:
        answer = fit_forest(request) if "trees" in request else fit(request)
    print(json.dumps(answer), flush=True)
