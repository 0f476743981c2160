"""The libraries' side of bench/ensemble.ts: models fitted here, written to a folder, and timed in this process on one thread.

Takes the folder. Writes models and rows (raw little-endian float64, 20 features). Answers with one line of JSON per model,
{"name", "file", "peer", "rows"}, FILE.shares being raw float64; then, for each line "FILE batch", "FILE row" or "FILE call" on
stdin, {"ms"}: processor time of this process. A call is a row through LightGBM's interface of scikit-learn, where "calls" is true.
"""
import json
import os
import sys
import time

os.environ['OMP_NUM_THREADS'] = '1'
import numpy as np  # noqa: E402

FEATURES, ROWS = 20, 20_000
# By file: what people call who do not know a library's own interface.
CALLS = {}


def answer(value):
    print(json.dumps(value), flush=True)


def onnxruntime_of(folder, file, booster):
    import onnxmltools
    import onnxruntime
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = onnxmltools.convert_xgboost(booster, initial_types=[('rows', FloatTensorType([None, FEATURES]))])
    path = os.path.join(folder, file)
    with open(path, 'wb') as output:
        output.write(model.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    return f'onnxruntime {onnxruntime.__version__}', lambda rows: session.run(['probabilities'], {'rows': rows})[0][:, 1]


def fit(folder, x, y, coded):
    """Name, file, library, what predicts, and the rows, of each model whose library is there."""
    try:
        import xgboost as xgb

        for trees, depth in ((100, 6), (500, 8)):
            booster = xgb.train(dict(objective='binary:logistic', max_depth=depth, nthread=1), xgb.DMatrix(x, y), trees)
            file = f'xgboost-{trees}.ubj'
            booster.save_model(os.path.join(folder, file))
            name = f'{trees} trees of depth {depth}'
            yield name, file, f'xgboost {xgb.__version__}', booster.inplace_predict, x
            try:
                peer, predict = onnxruntime_of(folder, file := f'xgboost-{trees}.onnx', booster)
                yield name, file, peer, predict, x
            except ImportError as error:
                print(error, file=sys.stderr)
    except ImportError as error:
        print(error, file=sys.stderr)
    try:
        import lightgbm as lgb

        for kind, rows, categories in (('', x, []), (' with categories', coded, [5, 6])):
            classifier = lgb.LGBMClassifier(num_leaves=64, n_estimators=100, n_jobs=1, verbose=-1)
            booster = classifier.fit(rows, y, categorical_feature=categories).booster_
            file = f'lightgbm-{len(categories)}.txt'
            booster.save_model(os.path.join(folder, file))
            CALLS[file] = lambda rows, classifier=classifier: classifier.predict_proba(rows)
            predict = lambda rows, booster=booster: booster.predict(rows, num_threads=1)  # noqa: E731
            yield f'100 trees of 64 leaves{kind}', file, f'lightgbm {lgb.__version__}', predict, rows
    except ImportError as error:
        print(error, file=sys.stderr)
    try:
        import skops.io
        import sklearn
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(100, random_state=0).fit(x, y)
        skops.io.dump(forest, os.path.join(folder, 'forest.skops'))
        predict = lambda rows: forest.predict_proba(rows)[:, 1]  # noqa: E731
        yield '100 full trees', 'forest.skops', f'scikit-learn {sklearn.__version__}', predict, x
    except ImportError as error:
        print(error, file=sys.stderr)


def main():
    folder = sys.argv[1]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] + rng.normal(size=ROWS) * 0.5 > 0).astype(int)
    coded = x.astype('<f8')
    for column, count in ((5, 40), (6, 12)):
        coded[:, column] = (rng.integers(0, count, ROWS) + y * 3) % count
    models = {}
    for name, file, peer, predict, rows in fit(folder, x, y, coded):
        models[file] = predict, rows
        rows.astype('<f8').tofile(os.path.join(folder, file + '.rows'))
        predict(rows).astype('<f8').tofile(os.path.join(folder, file + '.shares'))
        answer(dict(name=name, file=file, peer=peer, rows=file + '.rows', calls=file in CALLS))
    answer(None)
    for line in sys.stdin:
        file, what = line.split()
        predict, rows = models[file]
        rows, times = (rows, 1) if what == 'batch' else (rows[:1], 50)
        if what == 'call':
            predict = CALLS[file]
        start = time.process_time()
        for _ in range(times):
            predict(rows)
        answer(dict(ms=(time.process_time() - start) * 1000 / times))


main()
