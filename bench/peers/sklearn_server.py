"""What a Python user would serve: scikit-learn's tree of iris behind grpcio, by the two contracts of proto/.

    sklearn_server.py PORT PROTO_FOLDER

A line on stdin asks how many calls it has answered.
"""
import importlib
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
from grpc_tools import protoc
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

MEASUREMENTS = ("sepal_length", "sepal_width", "petal_length", "petal_width")


def generate(folder, stem, out):
    """The modules of messages and of services that protoc makes of a .proto file."""
    status = protoc.main(["protoc", f"-I{folder}", f"--python_out={out}", f"--grpc_python_out={out}", f"{stem}.proto"])
    if status != 0:
        raise SystemExit(f"{stem}.proto: protoc ended with {status}")
    return importlib.import_module(f"{stem}_pb2"), importlib.import_module(f"{stem}_pb2_grpc")


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.calls = 0

    def add(self):
        with self.lock:
            self.calls += 1


def services(folder, counter):
    model = DecisionTreeClassifier(random_state=0).fit(*load_iris(return_X_y=True))
    with tempfile.TemporaryDirectory() as out:
        sys.path.insert(0, out)
        iris, iris_grpc = generate(folder, "iris", out)
        inference, inference_grpc = generate(folder, "open_inference", out)

    class Predictor(iris_grpc.IrisPredictorServicer):
        def PredictIrisSpecies(self, request, context):
            counter.add()
            row = [getattr(request, name) for name in MEASUREMENTS]
            return iris.IrisPredictReply(species=int(model.predict([row])[0]))

    class Inference(inference_grpc.GRPCInferenceServiceServicer):
        def ModelInfer(self, request, context):
            counter.add()
            rows = np.frombuffer(request.raw_input_contents[0], dtype="<f8").reshape(request.inputs[0].shape)
            classes = model.predict(rows).astype("<i4")
            reply = inference.ModelInferResponse(model_name=request.model_name, raw_output_contents=[classes.tobytes()])
            reply.outputs.add(name="class_index", datatype="INT32", shape=classes.shape)
            return reply

    return (
        (iris_grpc.add_IrisPredictorServicer_to_server, Predictor()),
        (inference_grpc.add_GRPCInferenceServiceServicer_to_server, Inference()),
    )


def main():
    port, folder = sys.argv[1:]
    counter = Counter()
    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(max_workers=10), options=limits)
    for register, servicer in services(folder, counter):
        register(servicer, server)
    if server.add_insecure_port(f"127.0.0.1:{port}") == 0:
        raise SystemExit(f"port {port} is taken")
    server.start()
    for _ in sys.stdin:
        print(counter.calls, flush=True)


main()
