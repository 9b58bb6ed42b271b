"""Writes docs/reference from the code, so that it cannot say anything else; with --check only compares.

API: the OpenAPI document. CLI: the commands. Settings: their dataclass. Service types: the connectors' structs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from brokerbook import app, cli, connectors, settings
from brokerbook.api import openapi, openapi_words
from brokerbook.api.schemas import MASKED, REF, connection_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parent / "reference"
COMMAND = "make docs"
NOTE = f"<!-- Generated from the code by `{COMMAND}`. Changes belong there. -->"

Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is not what it would be")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pages lie")
    given = parser.parse_args(arguments)
    folder: Path = given.folder
    wanted = pages()
    stale = [name for name, text in wanted.items() if read(folder / name) != text]
    stray = sorted(path.name for path in folder.glob("*") if path.name not in wanted)
    if given.check:
        for name in stale:
            print(f"{folder / name} is not what the code says. Run `{COMMAND}`.", file=sys.stderr)
        for name in stray:
            print(f"{folder / name} is made by nobody. Remove it.", file=sys.stderr)
        return 1 if stale or stray else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(wanted[name], "utf-8")
        print(f"wrote {folder / name}")
    return 0


def read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    document = openapi.document(app.routes())
    return {
        "openapi.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "api.md": joined(api(document)),
        "cli.md": joined(commands()),
        "settings.md": joined(all_settings()),
        "service-types.md": joined(service_types(document)),
    }


def joined(blocks: Iterable[str]) -> str:
    return "\n\n".join([NOTE, *blocks]) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    titles = list(head)
    return "\n".join([line(titles), line("---" for _ in titles), *map(line, rows)])


def code(text: object) -> str:
    return f"`{text}`"


# API


def api(document: Json) -> Iterator[str]:
    yield "# The API"
    yield str(document["info"]["description"]).strip()
    yield (
        "The same as a document for programs: [openapi.json](openapi.json), which a running catalog serves at "
        "`/api/openapi.json`, and shows at `/api/docs`."
    )
    yield "## Errors"
    yield "Every error has the body `{code, errorType, message}`; the message says what is wrong and names the thing."
    yield table(
        ("Status", "`errorType`", "When", "Such as"),
        (
            (code(error.status), code(error.error_type), when, message)
            for error, (when, message) in sorted(
                (openapi_words.FAULTS | openapi_words.OTHER_FAULTS).items(), key=lambda each: each[0].status
            )
        ),
    )
    yield "## Parameters"
    yield "Which operation reads which of them is said there. Others are ignored."
    yield table(
        ("Parameter", "Type", "Default", "Meaning"),
        (
            (code(name), kind(schema), default(schema), text)
            for name, (text, schema) in openapi_words.PARAMETERS.items()
        ),
    )
    for tag in document["tags"]:
        yield f"## {tag['name']}"
        yield tag["description"]
        yield table(
            ("Operation", "What it does", "Query", "Body", "Answer"),
            (row for path, methods in document["paths"].items() for row in operations(path, methods, tag["name"])),
        )
    yield "## Bodies and answers"
    yield "A property without *yes* may be left out. Unknown properties are refused where nothing else is said."
    for name, schema in sorted(document["components"]["schemas"].items()):
        if not name.endswith(("List", "Connection")) or name in {"Connection", "CreateConnection"}:
            yield from described(name, schema)


def operations(path: str, methods: Json, tag: str) -> Iterator[Iterable[str]]:
    for method, operation in methods.items():
        if operation["tags"] != [tag]:
            continue
        query = [code(each["name"]) for each in operation.get("parameters", []) if each["in"] == "query"]
        body = operation.get("requestBody", {}).get("content", {})
        answers = {
            status: answer
            for status, answer in operation["responses"].items()
            if "$ref" not in answer and status != "304"
        }
        yield (
            code(f"{method.upper()} {path}"),
            operation["summary"] + (" (open)" if operation.get("security") == [] else ""),
            ", ".join(query),
            ", ".join(kind(content["schema"]) for content in body.values()),
            ", ".join(f"{status} {answered(answer)}".strip() for status, answer in answers.items()),
        )


def answered(answer: Json) -> str:
    for media, content in answer.get("content", {}).items():
        return kind(content.get("schema", {})) if media == "application/json" else media
    return ""


def described(name: str, schema: Json) -> Iterator[str]:
    yield f"### {name}"
    if "description" in schema:
        yield schema["description"]
    required = schema.get("required", ())
    yield table(
        ("Property", "Type", "Required", "Default", "Meaning"),
        (
            (code(key), kind(value), "yes" if key in required else "", default(value), value.get("description", ""))
            for key, value in schema["properties"].items()
        ),
    )


def kind(schema: Json) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        if name.endswith("List"):
            return f"page of {kind({'$ref': REF + name.removesuffix('List')})}"
        if name.endswith("Connection") and name not in {"Connection", "CreateConnection"}:
            return f"[{name}](service-types.md#{name.removesuffix('Connection').lower()})"
        return f"[{name}](#{name.lower()})"
    if "title" in schema:
        return str(schema["title"])
    options = [option for key in ("anyOf", "oneOf") for option in schema.get(key, ()) if option != {"type": "null"}]
    if options:
        return " or ".join(kind(option) for option in options)
    if "enum" in schema:
        return ", ".join(code(value) for value in schema["enum"] if value is not None)
    types = schema.get("type", "any JSON")
    word = str(next(each for each in cast("list[str]", types) if each != "null") if isinstance(types, list) else types)
    if word == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return f"{word} ({schema['format']})" if "format" in schema else word


def default(schema: Json) -> str:
    return code(json.dumps(schema["default"]).strip('"')) if schema.get("default") not in (None, []) else ""


# CLI


def commands() -> Iterator[str]:
    yield "# The command"
    yield from command(cli.main, "brokerbook", 2)


def command(one: click.Command, name: str, level: int) -> Iterator[str]:
    context = click.Context(one, info_name=name, help_option_names=["--help"])
    yield f"{'#' * level} {name}"
    yield f"```\n{one.get_usage(context).removeprefix('Usage: ')}\n```"
    yield from paragraphs(one.help or "")
    options = [each for each in one.params if isinstance(each, click.Option)]
    rows = [record for option in options if (record := option.get_help_record(context)) is not None]
    if rows:
        yield table(("Option", "Meaning"), ((code(option), text) for option, text in rows))
    if isinstance(one, click.Group):
        for child in one.list_commands(context):
            found = one.get_command(context, child)
            if found is not None and not found.hidden:
                yield from command(found, f"{name} {child}", min(level + 1, 4))


def paragraphs(text: str) -> Iterator[str]:
    r"""The paragraphs of a help text; one that click is told not to wrap (`\b`) is shown as it stands."""
    for block in text.replace("\f", "").strip().split("\n\n"):
        first, _, rest = block.partition("\n")
        yield f"```\n{rest}\n```" if first.strip() == "\b" else " ".join(block.split())


# settings


def all_settings() -> Iterator[str]:
    yield "# Settings"
    yield (
        f"A setting comes from a command's option, else from the environment, else from a TOML file: the one that "
        f"`{settings.CONFIG}` names, or `{settings.FILE_NAME}` in the data directory. An unknown setting is an error."
    )
    yield table(
        ("Setting", "In the environment", "Type", "Default", "Meaning"),
        (
            (code(each.name), code(each.variable), each.type, code(each.default) if each.default else "", each.sentence)
            for each in settings.described()
        ),
    )


# service types

ONLY_HERE = {
    "Nats": "OpenMetadata's client 2.0.7 does not know this type: it cannot read such a service, nor a list with one in it."
}


def service_types(document: Json) -> Iterator[str]:
    yield "# Service types"
    yield (
        "What `connection.config` of a messaging service may hold, by the service's `serviceType`. Every property may be "
        "left out: a service may be registered before its connection is known. Those with a default are stored with it. "
        "A secret is sealed when stored; people read `*********` in its place, and may send that to keep it. "
        "In free-form objects whatever a name calls a secret is one."
    )
    schemas: Json = document["components"]["schemas"]
    for service_type in connectors.SERVICE_TYPES:
        schema = schemas[connection_name(connectors.config_struct(service_type))]
        yield f"## {service_type}"
        yield schema["description"]
        if service_type in ONLY_HERE:
            yield ONLY_HERE[service_type]
        if schema.get("additionalProperties") is not False:
            yield "Of those other properties, the ones whose names say that they are secrets are sealed as well."
        yield table(("Property", "Type", "Default", "Secret", "Meaning"), properties(schema, schemas, ""))


def properties(schema: Json, schemas: Json, path: str) -> Iterator[Iterable[str]]:
    for name, value in schema["properties"].items():
        inside = [schemas[reference.removeprefix(REF)] for reference in references(value)]
        yield (
            code(path + name),
            "object" if inside else kind(value).replace(" (password)", ""),
            default(value),
            "yes" if value.get("x-secret") else "",
            meaning(value),
        )
        for one in inside:
            if len(inside) > 1:
                tag = one["properties"]["type"]["enum"][0]
                yield ("", "", "", "", f"With `type` = `{tag}`: {one['description']}")
            yield from properties(one, schemas, f"{path}{name}.")


def meaning(schema: Json) -> str:
    text = str(schema.get("description") or next((o.get("description", "") for o in schema.get("anyOf", ())), ""))
    return text.removesuffix(MASKED)  # the column says it


def references(schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"]
    for option in schema.get("anyOf", ()):
        yield from references(option)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
