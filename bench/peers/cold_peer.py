"""The Python side of bench/cold.ts.

cold_peer.py read FILE                reads with pandas; prints the milliseconds that took
cold_peer.py fit FILE                 reads, fits; prints the milliseconds that the fit took, and the tree's nodes
cold_peer.py train FILE OUT [DEPTH]    what a user would write: read, fit, dump
cold_peer.py predict FILE MODEL OUT   what a user would write: load, read, predict, write
cold_peer.py run COMMAND...           runs a command; prints its wall time in ms and its peak memory in MB
"""

import resource
import subprocess
import sys
import time


def read(path):
    import pandas

    start = time.perf_counter()
    table = pandas.read_csv(path)
    print((time.perf_counter() - start) * 1000, len(table))


def fit(path):
    import pandas
    from sklearn.tree import DecisionTreeClassifier

    table = pandas.read_csv(path)
    tree = DecisionTreeClassifier(random_state=0)
    start = time.perf_counter()
    tree.fit(table.iloc[:, :-1], table.iloc[:, -1])
    print((time.perf_counter() - start) * 1000, tree.tree_.node_count)


def train(path, out, depth=None):
    import joblib
    import pandas
    from sklearn.tree import DecisionTreeClassifier

    table = pandas.read_csv(path)
    tree = DecisionTreeClassifier(random_state=0, max_depth=depth and int(depth))
    tree.fit(table.iloc[:, :-1], table.iloc[:, -1])
    joblib.dump(tree, out)


def predict(path, model, out):
    import joblib
    import pandas

    tree = joblib.load(model)
    table = pandas.read_csv(path)
    table["label"] = tree.predict(table.iloc[:, :-1])
    table.to_csv(out, index=False)


def run(*command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = (time.perf_counter() - start) * 1000
    print(wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


{"read": read, "fit": fit, "train": train, "predict": predict, "run": run}[sys.argv[1]](*sys.argv[2:])
