"""Compiles a typed contract, asks a server with it, and prints the answers as JSON: contract_client.py PROTO ADDRESS TABLE"""

import csv
import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

proto, address, table = sys.argv[1:]
folder = tempfile.mkdtemp()
sys.path.insert(0, folder)
path = pathlib.Path(proto)
name = path.stem
if protoc.main(["protoc", f"-I{path.parent}", f"--python_out={folder}", f"--grpc_python_out={folder}", path.name]) != 0:
    sys.exit("protoc failed")
messages = importlib.import_module(f"{name}_pb2")
services = importlib.import_module(f"{name}_pb2_grpc")


def requests():
    with open(table, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            request = messages.MixedPredictRequest(size=float(row["size"]))
            if row["colour"]:
                request.colour = row["colour"]
            if row["weight"]:
                request.weight = float(row["weight"])
            yield request


def answer(reply):
    return {
        "label": reply.class_name,
        "value": messages.MixedClass.Name(reply.predicted_class),
        "shares": list(reply.probabilities),
    }


with grpc.insecure_channel(address) as channel:
    stub = services.MixedPredictorStub(channel)
    single = answer(stub.Predict(next(requests()), timeout=10))
    streamed = [answer(reply) for reply in stub.PredictStream(requests(), timeout=30)]
    try:
        stub.Predict(messages.MixedPredictRequest(), timeout=10)
        refusal = None
    except grpc.RpcError as error:
        refusal = f"{error.code().name} {error.details()}"
print(json.dumps({"single": single, "streamed": streamed, "refusal": refusal}))
