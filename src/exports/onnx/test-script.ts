import { stringLiteral } from '../source-text.js';
import type { OnnxPrecision } from './tree-nodes.js';

/** A program for Python with onnxruntime and numpy: every answer equal bit for bit, on one thread and on two. */
export function onnxTestScript(model: string, vectors: string, precision: OnnxPrecision): string {
  return `"""Runs the rows of the vectors beside it: every answer has to be equal bit for bit. Needs onnxruntime."""

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


def read(features):
    with open(VECTORS, encoding="utf-8", newline="\\n") as lines:
        cells = [line.rstrip("\\n").split("\\t") for line in lines if not line.startswith("#")]
    rows = numpy.stack([doubles(row[:features]) for row in cells])
    labels = numpy.array([int(row[features]) for row in cells])
    probabilities = numpy.stack([doubles(row[features + 1 : -1]) for row in cells])
    leaves = numpy.array([int(row[-1]) for row in cells])
    return rows, labels, probabilities, leaves


def main():
    wrong = 0
    for threads in (1, 2):
        model = session(threads)
        rows, labels, probabilities, leaves = read(model.get_inputs()[0].shape[1])
${
  precision === 'double'
    ? ''
    : `        # Rows that 32 bits hold exactly; the others are other rows after rounding.
        with numpy.errstate(all="ignore"):
            exact = ((rows == rows.astype(numpy.float32)) | numpy.isnan(rows)).all(axis=1)
            rows, labels, leaves = rows[exact].astype(numpy.float32), labels[exact], leaves[exact]
            probabilities = probabilities[exact].astype(numpy.float32)
`
}        label, class_index, found, leaf = model.run(None, {"rows": rows})
        same = (class_index == labels) & (leaf == leaves) & ((label == "") == (labels < 0))
        equal = found.view("u%d" % found.itemsize) == probabilities.view("u%d" % found.itemsize)
        same &= (equal | (numpy.isnan(found) & numpy.isnan(probabilities))).all(axis=1)
        wrong += (~same).sum()
        print(f"{threads} threads: {len(rows)} rows, {(~same).sum()} wrong")
    return 1 if wrong or len(rows) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
`;
}
