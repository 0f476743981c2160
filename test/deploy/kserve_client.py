"""Asks a server through KServe's own client, over gRPC and over REST, and prints what it is told as JSON.

    kserve_client.py MODEL GRPC_ADDRESS REST_URL < rows.json
"""

import asyncio
import json
import sys

import grpc
import httpx
import numpy
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig


def request(model, rows, binary):
    tensor = InferInput(name="features", shape=list(rows.shape), datatype="FP64")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[tensor])


def labels(response):
    (output,) = [output for output in response.outputs if output.name == "label"]
    values = output.as_numpy() if hasattr(output, "as_numpy") else output.data
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


async def over_grpc(model, address, rows):
    async with InferenceGRPCClient(address, retries=0) as client:
        try:
            unknown = await client.is_model_ready("none")
        except grpc.RpcError as error:
            unknown = error.code().name
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "modelReady": await client.is_model_ready(model),
            "unknownModelReady": unknown,
            "typed": labels(await client.infer(request(model, rows, binary=False))),
            "raw": labels(await client.infer(request(model, rows, binary=True))),
        }


async def over_rest(model, url, rows):
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    try:
        wrong = request(model, rows[:, 1:], binary=False)
        try:
            refused = labels(await client.infer(url, wrong, model_name=model))
        except httpx.HTTPStatusError as error:
            refused = error.response.status_code
        return {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "modelReady": await client.is_model_ready(url, model),
            "unknownModelReady": await client.is_model_ready(url, "none"),
            "refused": refused,
            "typed": labels(await client.infer(url, request(model, rows, binary=False), model_name=model)),
            "raw": labels(await client.infer(url, request(model, rows, binary=True), model_name=model)),
        }
    finally:
        await client.close()


async def main(model, address, url):
    rows = numpy.array(json.load(sys.stdin))
    print(json.dumps({"grpc": await over_grpc(model, address, rows), "rest": await over_rest(model, url, rows)}))


asyncio.run(main(*sys.argv[1:]))
