"""Whether two versions of a schema are compatible: what changed between them, and who is broken by it. Pure.

`between` never raises: of a text that cannot be read, or that is too large, it says so and claims nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.model.wire import Wire
from brokerbook.schemas import compatibility_avro, compatibility_json, compatibility_protobuf
from brokerbook.schemas.compatibility_changes import LONGEST_TEXT, Change, Findings, TooLarge, Unreadable, listed

if TYPE_CHECKING:
    from collections.abc import Callable

_LANGUAGES: dict[str, Callable[[Findings, str, str], None]] = {
    "avro": compatibility_avro.compare,
    "json": compatibility_json.compare,
    "protobuf": compatibility_protobuf.compare,
}


class Compatible(Wire, frozen=True, kw_only=True):
    """The levels that schema registries know, from the old version to the new one.

    `backward`: with the new schema all can be read that was written with the old one; no change breaks writers.
    `forward`: with the old schema all can be read that is written with the new one; no change breaks readers.
    `full`: both.
    """

    backward: bool
    forward: bool
    full: bool


class Comparison(Wire, frozen=True, kw_only=True):
    """What changed from the old version to the new one.

    Without `compatible` nothing is claimed, `changes` is empty and `note` says why. With both, `note` says what the
    comparison did not look at. What has no bearing on reading and writing, such as descriptions and the order of
    fields, is no change.
    """

    schemaType: str
    compatible: Compatible | None = None
    changes: list[Change]
    note: str | None = None


def between(schema_type: str, old: str, new: str) -> Comparison:
    """Compares two versions of a schema; `schema_type` is `Avro`, `Protobuf` or `JSON`, in any case of letters."""
    compare = _LANGUAGES.get(schema_type.lower())
    if compare is None:
        return _nothing(schema_type, "Schemas of this type have no rules of compatibility.")
    for which, text in (("old", old), ("new", new)):
        if len(text) > LONGEST_TEXT:
            return _nothing(schema_type, f"The {which} schema is longer than {LONGEST_TEXT:,} characters.")
        if not _is_text(text):
            return _nothing(schema_type, f"The {which} schema is no text: it holds half a character.")
    findings = Findings()
    try:
        compare(findings, old, new)
    except (Unreadable, TooLarge) as why:
        return _nothing(schema_type, f"Not compared: {why}.")
    except RecursionError:
        return _nothing(schema_type, "Not compared: the schemas have too many types inside each other.")
    backward, forward = "writers" not in findings.broken, "readers" not in findings.broken
    return Comparison(
        schemaType=schema_type,
        compatible=Compatible(backward=backward, forward=forward, full=backward and forward),
        changes=findings.changes,
        note=_note(findings),
    )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nothing(schema_type: str, why: str) -> Comparison:
    return Comparison(schemaType=schema_type, changes=[], note=why)


def _note(findings: Findings) -> str | None:
    sentences: list[str] = []
    if findings.uncompared:
        sentences.append(f"Not in the texts and therefore not compared: {listed(findings.uncompared)}.")
    if findings.left_out:
        sentences.append(f"{findings.left_out:,} more changes are not listed.")
    return " ".join(sentences) or None
