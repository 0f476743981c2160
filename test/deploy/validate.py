"""Validates manifests on standard input, a stream of YAML, and prints each as a line of JSON.

    validate.py FOLDER VERSION...

Kubernetes' own kinds are validated against the schemas of each VERSION, others against the CustomResourceDefinitions in
FOLDER. A field that the schema does not have is an error: the API server would drop it.
"""

import json
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml


def strict(schema):
    """The schema with no other fields than its own."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_ended:
        closed["additionalProperties"] = False
    return closed


def custom_schemas(folder):
    schemas = {}
    for path in folder.glob("*.yaml"):
        for definition in yaml.safe_load_all(path.read_text()):
            spec = definition["spec"]
            for version in spec["versions"]:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                schemas[key] = strict(version["schema"]["openAPIV3Schema"])
    return schemas


def main(folder, *versions):
    custom = custom_schemas(Path(folder))
    for manifest in yaml.safe_load_all(sys.stdin):
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        schema = custom.get((manifest["apiVersion"], manifest["kind"]))
        try:
            if schema:
                # Without a check of the schema itself, whose patterns are Go's.
                jsonschema.Draft202012Validator(schema).validate(manifest)
            else:
                for version in versions:
                    kubernetes_validate.validate(manifest, version, strict=True)
        except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
            sys.exit(f"{name}: {'.'.join(str(part) for part in error.path)}: {error.message}")
        print(json.dumps(manifest))


main(*sys.argv[1:])
