"""NVIDIA's clients, over gRPC and over HTTP: asks for what Triton adds to the protocol, and prints what it finds as JSON.

    python3 triton_extensions_client.py HOST:PORT HOST:HTTP_PORT rows.csv

The model takes one tensor of numbers.
"""
import csv
import json
import sys
import urllib.request

import numpy
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException


def numbers(path):
    with open(path, newline="", encoding="utf-8") as table:
        return numpy.array([[float(cell) for cell in row[:-1]] for row in list(csv.reader(table))[1:]])


def tensor(library, values, datatype, **options):
    made = library.InferInput("features", list(values.shape), datatype)
    made.set_data_from_numpy(values, **options)
    return made


def infer(library, client, inputs, outputs, **options):
    return client.infer("iris", inputs, outputs=outputs, **options)


def shares(library, client, values, datatype):
    """With the same numbers in FP64 beside them."""
    outputs = [library.InferRequestedOutput("probabilities")]
    forms = [(values, datatype), (values.astype(numpy.float64), "FP64")]
    return [
        infer(library, client, [tensor(library, form, name)], outputs).as_numpy("probabilities").tolist()
        for form, name in forms
    ]


def classes(library, client, rows):
    outputs = [library.InferRequestedOutput("probabilities", class_count=2)]
    found = infer(library, client, [tensor(library, rows, "FP64")], outputs).as_numpy("probabilities")
    return [[text.decode() for text in row] for row in found]


def refusal(call):
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


def refusals(client):
    calls = {
        "system memory": lambda: client.register_system_shared_memory("a", "/a", 8),
        "CUDA memory": lambda: client.register_cuda_shared_memory("a", b"aaaa", 0, 8),
        "trace": lambda: client.get_trace_settings(),
        "log": lambda: client.update_log_settings({"log_verbose_level": 1}),
    }
    return {name: refusal(call) for name, call in calls.items()}


def common(library, client, rows):
    bools = numpy.array([[True, False, True, False], [True, True, True, True]])
    return {
        "halves": shares(library, client, rows.astype(numpy.float16), "FP16"),
        "bools": shares(library, client, bools, "BOOL"),
        "classes": classes(library, client, rows),
        "refused": refusals(client),
    }


def compressed(client, rows):
    """Labels of the rows, by the compression of the request and of the reply."""
    outputs = [over_http.InferRequestedOutput("label", binary_data=False)]
    found = {}
    for coding in ["gzip", "deflate"]:
        ways = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}
        for binary in [True, False]:
            inputs = [tensor(over_http, rows, "FP64", binary_data=binary)]
            result = infer(over_http, client, inputs, outputs, **ways)
            found[f"{coding} {binary}"] = result.as_numpy("label").tolist()
    return found


def raw(address, rows):
    """NVIDIA's client reads such a reply, but has no function that sends such a request."""
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": "0"}
    request = urllib.request.Request(f"http://{address}/v2/models/iris/infer", data=rows.tobytes(), headers=headers)
    with urllib.request.urlopen(request) as response:
        length = int(response.headers["Inference-Header-Content-Length"])
        result = over_http.InferenceServerClient.parse_response_body(response.read(), header_length=length)
    return [label.decode() for label in result.as_numpy("label")]


def described(client):
    """Of the server and the model, by its name and by its version."""
    model = client.get_model_metadata("iris")
    [version] = model["versions"]
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "modelReady": client.is_model_ready("iris") and client.is_model_ready("iris", version),
        "otherReady": client.is_model_ready("iris", "1"),
        "server": client.get_server_metadata(),
        "model": model,
        "sameByVersion": client.get_model_metadata("iris", version) == model,
    }


def main():
    grpc_address, http_address, path = sys.argv[1:]
    rows = numbers(path)
    with over_grpc.InferenceServerClient(grpc_address) as client:
        grpc = common(over_grpc, client, rows)
        grpc["config"] = client.get_model_config("iris", as_json=True)
        grpc["statistics"] = client.get_inference_statistics("iris", as_json=True)
    with over_http.InferenceServerClient(http_address) as client:
        http = common(over_http, client, rows)
        http["described"] = described(client)
        http["raw"] = raw(http_address, rows)
        http["compressed"] = compressed(client, rows)
        http["config"] = client.get_model_config("iris")
        http["statistics"] = client.get_inference_statistics()
    print(json.dumps({"grpc": grpc, "http": http}))


if __name__ == "__main__":
    main()
