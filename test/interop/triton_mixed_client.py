"""NVIDIA's client over HTTP: asks for every row of the mixed table with numbers as binary contents and texts in the JSON, and
prints the answers as JSON.

    python3 triton_mixed_client.py HOST:HTTP_PORT rows.csv
"""
import csv
import json
import sys

import numpy
import tritonclient.http as triton


def number(name, cells):
    values = numpy.array([numpy.nan if cell == "" else float(cell) for cell in cells])
    made = triton.InferInput(name, [len(cells)], "FP64")
    made.set_data_from_numpy(values, binary_data=True)
    return made


def text(name, cells):
    made = triton.InferInput(name, [len(cells)], "BYTES")
    made.set_data_from_numpy(numpy.array(cells, dtype=numpy.object_), binary_data=False)
    return made


def main():
    address, path = sys.argv[1:]
    with triton.InferenceServerClient(address) as client, open(path, newline="", encoding="utf-8") as table:
        size, colour, weight, _ = zip(*list(csv.reader(table))[1:])
        inputs = [text("colour", colour), number("size", size), number("weight", weight)]
        outputs = [triton.InferRequestedOutput("label", binary_data=False), triton.InferRequestedOutput("probabilities")]
        result = client.infer("iris", inputs, outputs=outputs)
        labels = result.as_numpy("label").tolist()
        print(json.dumps({"labels": labels, "shares": result.as_numpy("probabilities").tolist()}))


if __name__ == "__main__":
    main()
