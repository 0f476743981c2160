"""ModelClient of nvidia-pytriton: asks for every row of a CSV file as a batch, and for the first alone, and prints the answers
as JSON.

    python3 pytriton_client.py URL rows.csv
"""
import csv
import json
import sys

import numpy
from pytriton.client import ModelClient


def main():
    url, path = sys.argv[1:]
    with open(path, newline="", encoding="utf-8") as table:
        rows = numpy.array([[float(cell) for cell in row[:-1]] for row in list(csv.reader(table))[1:]])
    with ModelClient(url, "iris", init_timeout_s=30, inference_timeout_s=30) as client:
        batch = client.infer_batch(features=rows)
        single = client.infer_sample(features=rows[0])
        print(json.dumps({
            "maxBatchSize": client.model_config.max_batch_size,
            "labels": [label.decode() for label in batch["label"]],
            "shares": batch["probabilities"].tolist(),
            "single": [str(single["label"].item().decode() if hasattr(single["label"], "item") else single["label"].decode()), single["probabilities"].tolist()],
        }))


if __name__ == "__main__":
    main()
