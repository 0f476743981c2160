"""A client of the first contract: asks for every row of a CSV file and prints the class indices as JSON.

    python3 first_client.py HOST:PORT rows.csv
"""
import csv
import json
import os
import sys
import tempfile

import grpc
from grpc_tools import protoc


def generate():
    folder = os.path.dirname(os.path.abspath(__file__))
    out = tempfile.mkdtemp()
    arguments = ["", f"-I{folder}", f"--python_out={out}", f"--grpc_python_out={out}", "first_contract.proto"]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, out)
    return __import__("first_contract_pb2"), __import__("first_contract_pb2_grpc")


def main():
    address, path = sys.argv[1:]
    messages, services = generate()
    with grpc.insecure_channel(address) as channel, open(path, newline="") as rows:
        predictor = services.IrisPredictorStub(channel)
        print(json.dumps([
            predictor.PredictIrisSpecies(messages.IrisPredictRequest(
                sepal_length=float(row["sepal_length"]), sepal_width=float(row["sepal_width"]),
                petal_length=float(row["petal_length"]), petal_width=float(row["petal_width"]),
            ), timeout=10).species
            for row in csv.DictReader(rows)
        ]))


if __name__ == "__main__":
    main()
