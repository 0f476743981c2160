"""A client without a contract: it learns ml.IrisPredictor through reflection v1alpha, asks for every row of a CSV file
and prints the answers as JSON.

    python3 reflection_client.py HOST:PORT rows.csv
"""
import csv
import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def find_unary(channel, pool, service, name):
    method = pool.FindServiceByName(service).methods_by_name[name]
    request, reply = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    call = channel.unary_unary(
        f"/{service}/{name}", request_serializer=request.SerializeToString, response_deserializer=reply.FromString
    )
    return call, request


def main():
    address, path = sys.argv[1:]
    with grpc.insecure_channel(address) as channel, open(path, newline="") as table:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = DescriptorPool(database)
        predict, request = find_unary(channel, pool, "ml.IrisPredictor", "PredictIrisSpecies")
        replies = [
            predict(request(**{name: float(cell) for name, cell in list(row.items())[:-1]}), timeout=10)
            for row in csv.DictReader(table)
        ]
        print(json.dumps({
            "services": sorted(database.get_services()),
            "maps": [
                field.full_name
                for message in ("inference.ModelInferRequest", "google.rpc.ErrorInfo")
                for field in pool.FindMessageTypeByName(message).fields
                if field.message_type and field.message_type.GetOptions().map_entry
            ],
            "answers": [
                {"label": reply.species_name, "classIndex": reply.species, "shares": list(reply.probabilities)}
                for reply in replies
            ],
        }))


if __name__ == "__main__":
    main()
