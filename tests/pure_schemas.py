"""Fields of schemas drawn as lines, so that a test shows the tree that it expects."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from brokerbook.schemas import fields_of


def drawn(fields: list[dict[str, Any]], indent: str = "") -> str:
    """A line for each field: name, data type, [display], {title}, "description"; `()` says that children are none."""
    lines: list[str] = []
    for field in fields:
        assert field.keys() <= {"name", "dataType", "dataTypeDisplay", "displayName", "description", "children"}
        line = f"{indent}{field['name']} {field['dataType']}"
        line += f" [{field['dataTypeDisplay']}]" if "dataTypeDisplay" in field else ""
        line += f" {{{field['displayName']}}}" if "displayName" in field else ""
        line += f' "{field["description"]}"'.replace("\n", "|") if "description" in field else ""
        line += " ()" if field.get("children") == [] else ""
        lines.append(line)
        if field.get("children"):
            lines.append(drawn(field["children"], indent + "  "))
    return "\n".join(lines)


def read(schema_type: str, text: str, topic: str = "orders") -> str:
    """The fields of a schema, drawn."""
    return drawn(fields_of(schema_type, text, topic=topic).fields)


def tree(text: str) -> str:
    """An expected drawing, without the indent that the test's code gives it."""
    return dedent(text).strip()


def count(fields: list[dict[str, Any]]) -> int:
    """How many fields there are on all levels."""
    return sum(1 + count(field.get("children", [])) for field in fields)


def depth(fields: list[dict[str, Any]]) -> int:
    """How many levels there are."""
    return max((1 + depth(field.get("children", [])) for field in fields), default=0)
