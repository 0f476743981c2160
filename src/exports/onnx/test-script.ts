import { stringLiteral } from '../source-text.js';

/** A program for Python with onnxruntime and numpy: every answer equal bit for bit, on one thread and on two. */
export function onnxTestScript(model: string, vectors: string): string {
  return `"""Runs the rows of the vectors beside it: every answer has to be equal bit for bit. Needs onnxruntime."""

import json
import os
import sys

import numpy
import onnxruntime

FOLDER = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(FOLDER, ${stringLiteral(model)})
VECTORS = os.path.join(FOLDER, ${stringLiteral(vectors)})


def doubles(cells):
    return numpy.frombuffer(bytes.fromhex("".join(cells)), dtype=">f8").astype(numpy.float64)


def session(threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])


def read(model):
    """Rows, and what each output has to be."""
    features = model.get_inputs()[0].shape[1]
    shape = {output.name: output.shape for output in model.get_outputs()}
    with open(VECTORS, encoding="utf-8", newline="\\n") as lines:
        cells = [line.rstrip("\\n").split("\\t") for line in lines if not line.startswith("#")]
    answers = features + 1 + shape["probabilities"][1]
    expected = {
        "class_index": numpy.array([int(row[features]) for row in cells]),
        "probabilities": numpy.stack([doubles(row[features + 1 : answers]) for row in cells]),
    }
    if len(shape["leaf"]) == 1:
        expected["leaf"] = numpy.array([int(row[answers]) for row in cells])
    if "margins" in shape:
        expected["margins"] = numpy.stack([doubles(row[answers:]) for row in cells])
    return numpy.stack([doubles(row[:features]) for row in cells]), expected


def is_same(found, expected):
    if found.dtype.kind != "f":
        return found == expected
    with numpy.errstate(all="ignore"):
        expected = expected.astype(found.dtype)
    bits = "u%d" % found.itemsize
    same = (found.view(bits) == expected.view(bits)) | (numpy.isnan(found) & numpy.isnan(expected))
    return same.all(axis=1)


def main():
    wrong = 0
    for threads in (1, 2):
        model = session(threads)
        rows, expected = read(model)
        rows = rows.astype(numpy.float32 if model.get_inputs()[0].type == "tensor(float)" else numpy.float64)
        found = dict(zip([output.name for output in model.get_outputs()], model.run(None, {"rows": rows})))
        names = [*json.loads(model.get_modelmeta().custom_metadata_map["iris.classes"]), ""]
        same = found["label"] == numpy.array(names, dtype=object)[expected["class_index"]]
        for name, values in expected.items():
            same &= is_same(found[name], values)
        wrong += (~same).sum()
        print(f"{threads} threads: {len(rows)} rows, {(~same).sum()} wrong")
    return 1 if wrong or len(rows) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
`;
}
