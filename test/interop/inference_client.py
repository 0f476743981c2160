"""A client made from proto/open_inference.proto: asks for every row of a CSV file and prints the answers as JSON.

    python3 inference_client.py PROTO_FOLDER HOST:PORT rows.csv FORM [CA CERTIFICATE KEY]

FORM says how the values travel: typed or raw, then `features` (one tensor) or `columns` (one tensor per feature), then
nothing or `stream`, as in `raw-columns-stream`; or it is `path`: the answers are then the decisions of each row.
"""
import csv
import json
import math
import struct
import sys
import tempfile

import grpc
from grpc_tools import protoc


def generate(folder):
    out = tempfile.TemporaryDirectory()
    arguments = ["", f"-I{folder}", f"--python_out={out.name}", f"--grpc_python_out={out.name}", "open_inference.proto"]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, out.name)
    modules = __import__("open_inference_pb2"), __import__("open_inference_pb2_grpc")
    out.cleanup()
    return modules


def as_number(cell):
    return math.nan if cell == "" else float(cell)


def add_tensor(request, name, datatype, shape, values, raw):
    tensor = request.inputs.add(name=name, datatype=datatype, shape=shape)
    if datatype == "BYTES":
        texts = [value.encode() for value in values]
        if raw:
            request.raw_input_contents.append(b"".join(struct.pack("<I", len(text)) + text for text in texts))
        else:
            tensor.contents.bytes_contents.extend(texts)
    else:
        numbers = [as_number(value) for value in values]
        if raw:
            request.raw_input_contents.append(struct.pack(f"<{len(numbers)}d", *numbers))
        else:
            tensor.contents.fp64_contents.extend(numbers)


def make_request(messages, inputs, rows, form, **fields):
    request = messages.ModelInferRequest(model_name="iris", **fields)
    raw = form.startswith("raw")
    if "features" in form:
        values = [row[tensor.name] for row in rows for tensor in inputs]
        add_tensor(request, "features", "FP64", [len(rows), len(inputs)], values, raw)
    else:
        for tensor in inputs:
            add_tensor(request, tensor.name, tensor.datatype, [len(rows)], [row[tensor.name] for row in rows], raw)
    return request


def read_texts(raw):
    texts = []
    offset = 0
    while offset < len(raw):
        (length,) = struct.unpack_from("<I", raw, offset)
        texts.append(raw[offset + 4 : offset + 4 + length].decode())
        offset += 4 + length
    return texts


def columns(response):
    """Output name -> its elements."""
    if not response.raw_output_contents:
        readers = {
            "BYTES": lambda contents: [text.decode() for text in contents.bytes_contents],
            "INT32": lambda contents: list(contents.int_contents),
            "FP64": lambda contents: list(contents.fp64_contents),
        }
        return {output.name: readers[output.datatype](output.contents) for output in response.outputs}
    readers = {
        "BYTES": read_texts,
        "INT32": lambda raw: list(struct.unpack(f"<{len(raw) // 4}i", raw)),
        "FP64": lambda raw: list(struct.unpack(f"<{len(raw) // 8}d", raw)),
    }
    return {
        output.name: readers[output.datatype](raw)
        for output, raw in zip(response.outputs, response.raw_output_contents, strict=True)
    }


def answers(response):
    found = columns(response)
    width = len(found["probabilities"]) // len(found["label"])
    return [
        {"label": label, "classIndex": index, "shares": found["probabilities"][row * width : (row + 1) * width]}
        for row, (label, index) in enumerate(zip(found["label"], found["class_index"], strict=True))
    ]


def chunks_of(rows, size):
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def stream(server, messages, inputs, rows, form):
    """A bad request between good ones has an error message of its own."""
    requests = [
        make_request(messages, inputs, chunk, form, id=str(number)) for number, chunk in enumerate(chunks_of(rows, 40))
    ]
    requests.insert(1, messages.ModelInferRequest(model_name="iris", id="bad"))
    found = []
    for request, reply in zip(requests, server.ModelStreamInfer(iter(requests), timeout=10), strict=True):
        assert reply.infer_response.id == request.id, (reply, request)
        assert (reply.error_message != "") == (request.id == "bad"), reply
        if not reply.error_message:
            found += answers(reply.infer_response)
    return found


def connect(address, tls):
    if not tls:
        return grpc.insecure_channel(address)
    ca, certificate, key = (open(path, "rb").read() for path in tls)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca, key, certificate))


def main():
    folder, address, path, form, *tls = sys.argv[1:]
    messages, services = generate(folder)
    with connect(address, tls) as channel, open(path, newline="", encoding="utf-8") as table:
        server = services.GRPCInferenceServiceStub(channel)
        rows = list(csv.DictReader(table))
        metadata = server.ModelMetadata(
            messages.ModelMetadataRequest(name="iris"), metadata=[("iris-inputs", "per-feature")], timeout=10
        )
        if form.endswith("stream"):
            found = stream(server, messages, metadata.inputs, rows, form)
        else:
            request = make_request(messages, metadata.inputs, rows, form)
            if form == "path":
                request.outputs.add(name="decision_path")
            response = server.ModelInfer(request, timeout=10)
            if form == "path":
                found = [json.loads(steps) for steps in columns(response)["decision_path"]]
            else:
                found = answers(response)
        print(json.dumps(found))


if __name__ == "__main__":
    main()
