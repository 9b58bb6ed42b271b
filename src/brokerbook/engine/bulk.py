"""Many upserts at once: what is stored is loaded in one query, each row decided on its own, none harms another.

Rows that are known to change nothing are found first, by reading alone; only the others are decoded and written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.engine import message_schemas, refs, upsert, write
from brokerbook.engine.pending import Pending
from brokerbook.engine.secrets import MASK
from brokerbook.errors import BadRequest, CatalogError, NotAuthorized
from brokerbook.model.decoding import decode
from brokerbook.model.wire import BulkOperationResult, BulkRow
from brokerbook.store import entities
from brokerbook.store.database import apart

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


_MOST_CONTENTS = 64 * 1024 * 1024
_CONTENTS_PER_BYTE = 8
"""How many characters the texts and the fields of the schemas of one request may have, and how many more for each byte
of it: fields that are given have a few, those that are read from a text may have thousands."""
_TOO_MANY_FIELDS = "The schemas of the rows before this one have too many fields. Send it in another request."


class Row(NamedTuple):
    """One row of a bulk request: its text, and what it holds or why it holds nothing."""

    text: bytes
    request: msgspec.Struct | None
    fault: CatalogError | None


class _Named(msgspec.Struct):
    name: str
    service: str | None = None
    sourceHash: str | None = None


_named = msgspec.json.Decoder(_Named)

Known = dict[int, str]
"""Place of a row that changes nothing → the fully qualified name of the entity that it leaves as it is."""


def unchanged(tx: Tx, actor: Actor, sealer: Sealer, kind: Kind, texts: list[bytes]) -> Known:
    """The rows that leave a live entity as it is; never one of several with the same name.

    They have the very body that made it what it is, or the hash of its source that is stored with it.
    """
    if kind.self_nested or not policy.may_all(actor, "EditAll", kind.name):
        return {}
    places: dict[str, int] = {}
    hashes: dict[str, str | None] = {}
    twice: set[str] = set()
    for place, text in enumerate(texts):
        try:
            said = _named.decode(text)
            fqn = names.join(said.service, said.name) if said.service else refs.lookup_name(kind, said.name)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, CatalogError):
            continue
        hashes[fqn] = said.sourceHash
        if places.setdefault(fqn, place) != place:
            twice.add(fqn)
    marks = entities.put_marks(tx, kind.name, places)
    return {
        place: fqn
        for fqn, place in places.items()
        if fqn in marks
        and fqn not in twice
        and (
            (hashes[fqn] is not None and hashes[fqn] == marks[fqn].source_hash)
            or marks[fqn].digest == sealer.put_digest(texts[place], is_bot=actor.is_bot)
        )
    }


def parsed(kind: Kind, texts: list[bytes], known: Known) -> list[Row | str]:
    """Each row decoded on its own, or the name of what it is known to leave as it is.

    A short text of a schema may stand for very many fields: where those of a request are too many, rows are refused.
    """
    found: list[Row | str] = []
    left = _MOST_CONTENTS + _CONTENTS_PER_BYTE * sum(map(len, texts))
    for place, text in enumerate(texts):
        if (name := known.get(place)) is not None:
            found.append(name)
            continue
        row = _parsed(kind, text) if left >= 0 else Row(text, None, BadRequest(_TOO_MANY_FIELDS))
        left -= message_schemas.brought(row.request)
        found.append(row)
    return found


def _parsed(kind: Kind, text: bytes) -> Row:
    try:
        return Row(text, kind.prepared(decode(text, kind.create)), None)
    except CatalogError as fault:
        return Row(text, None, fault)


def accepted(result: BulkOperationResult) -> BulkOperationResult:
    """The answer to `async=true`: what was accepted, with status 202, and what was refused up front.

    The rows are on disk before it is given, so nothing that it promises can be lost.
    """
    rows = [BulkRow(request=row.request, status=202) for row in result.successRequest]
    return msgspec.structs.replace(
        result,
        status="partialSuccess" if result.failedRequest and rows else result.status,
        numberOfRowsPassed=0,
        successRequest=rows,
    )


def nothing(known: Known) -> BulkOperationResult:
    """The result of a request all of whose rows change nothing."""
    return _result([BulkRow(request=known[place], status=200) for place in sorted(known)], [])


def put(work: Work, kind: Kind, rows: list[Row | str], *, override: bool = False) -> BulkOperationResult:
    """Upserts every row in order; a row that cannot be is told of in the result, and leaves nothing behind.

    With `override` (`overrideMetadata=true` on the wire) a bot's rows replace what people have written.
    """
    targets = refs.Targets(work.tx)
    passed: list[BulkRow] = []
    failed: list[BulkRow] = []
    stored = _stored(work, kind, targets, [row for row in rows if isinstance(row, Row)])
    # New entities on which no other row of the request can hang are decided one by one and written together.
    pending = Pending() if kind.independent else None
    for row in rows:
        if isinstance(row, str):
            passed.append(BulkRow(request=row, status=200))
            continue
        try:
            done = _put(work, kind, targets, stored, row, pending, override=override)
        except CatalogError as fault:
            forbidden = isinstance(fault, NotAuthorized)
            failed.append(
                BulkRow(
                    request=_echoed(kind, row),
                    status=403 if forbidden else 400,
                    message=f"Permission denied: {fault.message}" if forbidden else _message(fault),
                )
            )
        else:
            passed.append(done)
    if pending is not None:
        pending.write(work.tx, work.sealer)
    return _result(passed, failed)


def _result(passed: list[BulkRow], failed: list[BulkRow]) -> BulkOperationResult:
    # no row at all is a failure, as on the real server
    return BulkOperationResult(
        status="failure" if not passed else "partialSuccess" if failed else "success",
        numberOfRowsProcessed=len(passed) + len(failed),
        numberOfRowsPassed=len(passed),
        numberOfRowsFailed=len(failed),
        successRequest=passed,
        failedRequest=failed,
    )


def _stored(work: Work, kind: Kind, targets: refs.Targets, rows: list[Row]) -> dict[str, EntityRow]:
    fqns: list[str] = []
    for row in rows:
        if row.request is not None:
            try:
                fqns.append(write.placed(targets, kind, row.request)[1])
            except CatalogError:
                continue  # told of when its turn comes
    return entities.find_many_by_fqn(work.tx, kind.name, fqns) if fqns else {}


def _put(
    work: Work,
    kind: Kind,
    targets: refs.Targets,
    stored: dict[str, EntityRow],
    row: Row,
    pending: Pending | None,
    *,
    override: bool,
) -> BulkRow:
    if row.fault is not None or row.request is None:
        raise row.fault or BadRequest("The row is empty.")
    parent, fqn = write.placed(targets, kind, row.request)
    if brought := [field for field in kind.write_only if getattr(row.request, field, None) is not None]:
        raise BadRequest(f"A bulk request may not bring {', '.join(sorted(brought))}. Send this {kind.name} by itself.")
    # What lies below another row's entity may come back with it, so its own row is looked up when its turn comes.
    there = entities.find_by_fqn(work.tx, kind.name, fqn) if kind.self_nested else stored.get(fqn)
    # A row with a source's hash is known by it; the digest stands for a PUT that overrides nothing.
    body = None if override or getattr(row.request, "sourceHash", None) else row.text
    if there is None and pending is not None:
        # Whatever refuses it does so before anything is pending, so it needs no part of its own.
        outcome = write.create(work, kind, row.request, body, targets=targets, place=(parent, fqn), pending=pending)
    else:
        if pending is not None:
            pending.write(work.tx, work.sealer)
        with apart(work.tx):
            if there is None:
                outcome = write.create(work, kind, row.request, body, targets=targets, place=(parent, fqn))
            else:
                outcome = upsert.put_over(work, kind, targets, there, row.request, body, override=override)
    stored[fqn] = outcome.row
    targets.learn(outcome.row)
    return BulkRow(request=fqn, status=200)


def _echoed(kind: Kind, row: Row) -> Any:
    """A failed row as it came, but for its secrets: what is not what it should be could hold one, and is masked whole."""
    try:
        document: Any = msgspec.json.decode(row.text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if kind.sealed is None and not kind.write_only:
        return document  # it can hold no secret
    if not isinstance(document, dict):
        return _masked(document)
    echo = cast("Document", document)
    if row.request is None:
        fit = {f.encode_name: f.type for f in msgspec.structs.fields(kind.create) if f.encode_name != kind.sealed}
        echo = {field: value if _fits(value, fit.get(field)) else _masked(value) for field, value in echo.items()}
    for field in kind.write_only & echo.keys():
        echo[field] = MASK
    if kind.sealed is None or kind.sealed not in echo or row.request is None:
        return echo
    try:
        paths = kind.secret_paths(kind.derive(row.request, False))  # noqa: FBT003
    except CatalogError:
        return echo | {kind.sealed: _masked(echo[kind.sealed])}
    for path in paths:
        holder: Any = echo
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = MASK
    return echo


def _fits(value: Any, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in cast("Document", value).items()}
    if isinstance(value, list):
        return [_masked(item) for item in cast("list[Any]", value)]
    return value if value is None or isinstance(value, bool) else MASK


def _message(fault: CatalogError) -> str:
    # rows are not query parameters: the contract's row texts go without that odd prefix
    return fault.message.replace("[query param ", "[", 1)
