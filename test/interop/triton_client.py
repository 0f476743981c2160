"""NVIDIA's client: asks for every row of a CSV file and prints what it finds as JSON.

    python3 triton_client.py HOST:PORT rows.csv TASK

TASK is `metadata`, `stream`, or how the values travel: `features` (one tensor) or `columns` (one tensor per feature)
and a datatype, as in `columns-FP32`.
"""
import csv
import json
import queue
import sys

import numpy
import tritonclient.grpc as triton

DTYPES = {"FP64": numpy.float64, "FP32": numpy.float32}


def numbers(cells, datatype):
    return numpy.array([numpy.nan if cell == "" else float(cell) for cell in cells], dtype=DTYPES[datatype])


def tensor(name, values, datatype):
    made = triton.InferInput(name, values.shape, datatype)
    made.set_data_from_numpy(values)
    return made


def features(rows, datatype):
    return [tensor("features", numpy.stack([numbers(list(row.values())[:-1], datatype) for row in rows]), datatype)]


def column(rows, name, datatype):
    cells = [row[name] for row in rows]
    try:
        return tensor(name, numbers(cells, datatype), datatype)
    except ValueError:
        return tensor(name, numpy.array([cell.encode() for cell in cells], dtype=numpy.object_), "BYTES")


def columns(rows, datatype):
    return [column(rows, name, datatype) for name in list(rows[0])[:-1]]


def answers(result):
    outputs = zip(
        result.as_numpy("label"), result.as_numpy("class_index"), result.as_numpy("probabilities"), strict=True
    )
    return [
        {"label": label.decode(), "classIndex": int(index), "shares": shares.tolist()}
        for label, index, shares in outputs
    ]


def metadata(client):
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "modelReady": client.is_model_ready("iris"),
        "server": client.get_server_metadata(as_json=True),
        "model": client.get_model_metadata("iris", as_json=True),
        "index": client.get_model_repository_index(as_json=True),
    }


def stream(client, rows):
    """Forty rows a request, the second of which is bad; what came of each, in order."""
    results = queue.Queue()
    client.start_stream(callback=lambda result, error: results.put((result, error)))
    chunks = [rows[start : start + 40] for start in range(0, len(rows), 40)]
    chunks.insert(1, [dict(list(row.items())[1:]) for row in chunks[0]])
    for number, chunk in enumerate(chunks):
        client.async_stream_infer("iris", features(chunk, "FP64"), request_id=str(number))
    found = [results.get(timeout=10) for _ in chunks]
    client.stop_stream()
    return {
        "ids": [result.get_response().id for result, error in found if error is None],
        "errors": [str(error) for _, error in found if error is not None],
        "answers": [answer for result, error in found if error is None for answer in answers(result)],
    }


def main():
    address, path, task = sys.argv[1:]
    with triton.InferenceServerClient(address) as client, open(path, newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
        if task == "metadata":
            found = metadata(client)
        elif task == "stream":
            found = stream(client, rows)
        else:
            make, datatype = task.split("-")
            found = answers(client.infer("iris", {"features": features, "columns": columns}[make](rows, datatype)))
        print(json.dumps(found))


if __name__ == "__main__":
    main()
