"""Validates JSON documents against a JSON Schema with an independent validator.

Usage: schema_peer.py SCHEMA < DOCUMENTS

Reads one JSON object from standard input, a document by each name, and prints one JSON object:
the complaints about each document by its name, documents without complaint left out.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    complaints = {}
    for name, document in json.load(sys.stdin).items():
        found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        if found:
            complaints[name] = found
    print(json.dumps(complaints))


main()
