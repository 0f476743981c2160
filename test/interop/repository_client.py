"""NVIDIA's client, over gRPC and over HTTP: lists, loads and unloads models, and prints what it finds as JSON.

    python3 repository_client.py GRPC_HOST:PORT HTTP_HOST:PORT
"""
import json
import sys

import numpy
import tritonclient.grpc
import tritonclient.http

FLOWER = numpy.array([[5, 3.6, 1.3, 0.25]])


def version_of(triton, client, version=""):
    made = triton.InferInput("features", FLOWER.shape, "FP64")
    made.set_data_from_numpy(FLOWER)
    answer = client.infer("iris", [made], model_version=version).get_response()
    return answer["model_version"] if isinstance(answer, dict) else answer.model_version


def error_of(call):
    try:
        call()
    except Exception as error:
        return f"{error.status()} {error.message()}"
    return ""


def index_of(client):
    index = client.get_model_repository_index()
    models = index if isinstance(index, list) else [
        {"name": model.name, "version": model.version, "state": model.state} for model in index.models
    ]
    return [[model["name"], model["version"], model["state"]] for model in models]


def session(triton, client):
    found = {"before": index_of(client), "unready": client.is_model_ready("iris")}
    client.load_model("iris")
    found["loaded"] = index_of(client)
    found["ready"] = client.is_model_ready("iris")
    found["versions"] = [version_of(triton, client), version_of(triton, client, "canary")]
    found["refused"] = error_of(lambda: client.load_model("bad"))
    found["unknown"] = error_of(lambda: client.load_model("none"))
    found["config"] = error_of(lambda: client.load_model("iris", config="{}"))
    client.unload_model("iris", unload_dependents=True)
    found["after"] = index_of(client)
    found["unloaded"] = error_of(lambda: version_of(triton, client))
    return found


def main():
    grpc_address, http_address = sys.argv[1:]
    with tritonclient.grpc.InferenceServerClient(grpc_address) as client:
        over_grpc = session(tritonclient.grpc, client)
    with tritonclient.http.InferenceServerClient(http_address) as client:
        over_http = session(tritonclient.http, client)
    print(json.dumps({"grpc": over_grpc, "http": over_http}))


if __name__ == "__main__":
    main()
