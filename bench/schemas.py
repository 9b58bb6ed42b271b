"""How long it takes to make fields of a schema's text: 200 fields of each kind, and the worst that a text may ask for.

    python schemas.py

Prints a table: processor time, the median of many readings in one process, after one that is not counted. The target is
5 ms for 200 fields; what has no target is there to see that it stays bounded.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from brokerbook.schemas import LONGEST_TEXT, fields_of

FIELDS = 200
TARGET_MS = 5.0
READINGS = {True: 100, False: 3}
"""How often each is read: 200 fields, and the worst cases."""


def avro(fields: int) -> str:
    types = ["string", ["null", "long"], {"type": "array", "items": "double"}, {"type": "int", "logicalType": "date"}]
    return json.dumps(
        {
            "type": "record",
            "name": "Measured",
            "fields": [{"name": f"field_{n}", "type": types[n % 4], "doc": f"Number {n}."} for n in range(fields)],
        }
    )


def json_schema(fields: int) -> str:
    types = [{"type": "string"}, {"type": ["null", "integer"]}, {"type": "array", "items": {"type": "number"}}]
    return json.dumps(
        {
            "type": "object",
            "properties": {f"field_{n}": {**types[n % 3], "description": f"Number {n}."} for n in range(fields)},
        }
    )


def protobuf(fields: int) -> str:
    types = ["string", "int64", "repeated double", "map<string, int32>"]
    lines = [f"  // Number {n}.\n  {types[n % 4]} field_{n} = {n + 1};" for n in range(fields)]
    return 'syntax = "proto3";\nmessage Measured {\n' + "\n".join(lines) + "\n}\n"


def doubled(levels: int) -> str:
    """References that mean 2 to the power of `levels` fields."""
    definitions = {
        f"d{n}": {"type": "object", "properties": {name: {"$ref": f"#/$defs/d{n + 1}"} for name in "ab"}}
        for n in range(levels)
    }
    return json.dumps({"$ref": "#/$defs/d0", "$defs": definitions})


def branching(branches: int) -> str:
    """Properties that all have the same very many branches."""
    wide = {"anyOf": [{"properties": {f"p{n}": True}} for n in range(branches)]}
    properties = {f"f{n}": {"$ref": "#/$defs/wide"} for n in range(branches)}
    return json.dumps({"type": "object", "properties": properties, "$defs": {"wide": wide}})


def filled(text: str) -> str:
    """As much of a text again and again as may be read."""
    return (text * (LONGEST_TEXT // len(text) + 1))[:LONGEST_TEXT]


MEASURED = (
    ("Avro", f"{FIELDS} fields", avro(FIELDS)),
    ("JSON", f"{FIELDS} fields", json_schema(FIELDS)),
    ("Protobuf", f"{FIELDS} fields", protobuf(FIELDS)),
    ("Avro", "11,000 fields", avro(11_000)),
    ("JSON", "11,000 fields", json_schema(11_000)),
    ("Protobuf", "14,000 fields", protobuf(14_000)),
    ("JSON", "two references in each of 50 definitions", doubled(50)),
    ("JSON", "4,000 references to 4,000 branches", branching(4000)),
    ("Protobuf", "brackets that never end", "option x = " + filled("[")[11:]),
    ("Protobuf", "comments that never end", filled("/*")),
)


def milliseconds(schema_type: str, text: str, readings: int) -> float:
    """The median processor time to read a text, which waits for nothing."""
    fields_of(schema_type, text, topic="measured")
    times: list[float] = []
    for _ in range(readings):
        began = time.process_time()
        fields_of(schema_type, text, topic="measured")
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def main() -> int:
    """Prints the table; 1 if a text of 200 fields was not read."""
    print("| schema | text | characters | below the root | ms | target |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    for schema_type, what, text in MEASURED:
        has_target = what.startswith(f"{FIELDS} ")
        fields = fields_of(schema_type, text, topic="measured").fields
        told = len(fields[0]["children"]) if fields else 0
        if has_target and told != FIELDS:
            print(f"{schema_type}: {told} fields were found.", file=sys.stderr)
            return 1
        taken = milliseconds(schema_type, text, READINGS[has_target])
        target = "" if not has_target else "met" if taken < TARGET_MS else f"missed: {TARGET_MS:g} ms"
        print(f"| {schema_type} | {what} | {len(text):,} | {told:,} | {taken:.2f} | {target} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
