"""The libraries' side of bench/ensemble.ts: models fitted here, written to a folder, and timed in this process on one thread.

Takes the folder. Writes NAME and rows.bin (raw little-endian float64, 20 features). Answers with one line of JSON per model,
{"name", "file", "peer", "shares"}: a file of raw float64; then, for each line "NAME batch" or "NAME row" on stdin, {"ms"}.
"""
import json
import os
import sys
import time

os.environ['OMP_NUM_THREADS'] = '1'
import numpy as np  # noqa: E402

FEATURES, ROWS = 20, 20_000


def answer(value):
    print(json.dumps(value), flush=True)


def fit(folder, x, y):
    """Name, file, library, and what predicts, of each model whose library is there."""
    try:
        import xgboost as xgb

        for trees, depth in ((100, 6), (500, 8)):
            booster = xgb.train(dict(objective='binary:logistic', max_depth=depth, nthread=1), xgb.DMatrix(x, y), trees)
            file = f'xgboost-{trees}.ubj'
            booster.save_model(os.path.join(folder, file))
            yield f'{trees} trees of depth {depth}', file, f'xgboost {xgb.__version__}', booster.inplace_predict
    except ImportError as error:
        print(error, file=sys.stderr)
    try:
        import lightgbm as lgb

        booster = lgb.train(dict(objective='binary', num_leaves=64, verbose=-1, num_threads=1), lgb.Dataset(x, y), 100)
        booster.save_model(os.path.join(folder, 'lightgbm.txt'))
        predict = lambda rows: booster.predict(rows, num_threads=1)  # noqa: E731
        yield '100 trees of 64 leaves', 'lightgbm.txt', f'lightgbm {lgb.__version__}', predict
    except ImportError as error:
        print(error, file=sys.stderr)
    try:
        import skops.io
        import sklearn
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(100, random_state=0).fit(x, y)
        skops.io.dump(forest, os.path.join(folder, 'forest.skops'))
        predict = lambda rows: forest.predict_proba(rows)[:, 1]  # noqa: E731
        yield '100 full trees', 'forest.skops', f'scikit-learn {sklearn.__version__}', predict
    except ImportError as error:
        print(error, file=sys.stderr)


def main():
    folder = sys.argv[1]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] + rng.normal(size=ROWS) * 0.5 > 0).astype(int)
    x.astype('<f8').tofile(os.path.join(folder, 'rows.bin'))
    models = {}
    for name, file, peer, predict in fit(folder, x, y):
        models[file] = predict
        predict(x).astype('<f8').tofile(os.path.join(folder, file + '.shares'))
        answer(dict(name=name, file=file, peer=peer))
    answer(None)
    for line in sys.stdin:
        file, what = line.split()
        rows, times = (x, 1) if what == 'batch' else (x[:1], 50)
        start = time.perf_counter()
        for _ in range(times):
            models[file](rows)
        answer(dict(ms=(time.perf_counter() - start) * 1000 / times))


main()
