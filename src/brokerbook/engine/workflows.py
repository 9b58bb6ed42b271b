"""Workflows: where the secrets that a test of a connection needs may come from, and starting one.

A mask in a request may stand for a secret that is stored for the service that is tested, or for an earlier request of
that name. It is used only for a caller who may edit the service, and only if the connection leads to the same place in
the same way: whoever could name another host would be sent the secret there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook import connectors, names
from brokerbook.access import policy
from brokerbook.engine import facts, read, secrets
from brokerbook.errors import BadRequest
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE
from brokerbook.kinds.workflow import TEST_CONNECTION, WORKFLOW, config_of, platform, secret_paths
from brokerbook.model.orchestration import NO_ORCHESTRATOR, PipelineServiceClientResponse
from brokerbook.store import entities

if TYPE_CHECKING:
    from brokerbook.connectors import Path
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.secrets import Secrets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_CONFIG = ("request", "connection", "config")
_NOT_COMPARED = frozenset({"serviceName", "ingestionRunner", "secretsManagerProvider"})


def unmasked(work: Work, document: Document, stored: Secrets) -> Document:
    """The workflow that a POST or PUT asks for, with the secrets of the service it names where it has masks.

    What stays masked is looked for among the `stored` secrets of the workflow later on; if it can be in neither place, it
    is a BadRequest that says why.
    """
    masks = _masks(document)
    service = _service(work.tx, document["request"]) if masks else None
    if service is None:
        return document
    reason, kept = _withheld(work, document, service), work.sealer.unseal(work.tx, service.id)
    for path in masks:
        secret = kept.get(("connection", "config", *path[len(_CONFIG) :])) if reason is None else None
        if secret is not None:
            document = secrets.placed(document, path, secret)
        elif path not in stored and reason is not None:
            raise BadRequest(f"{connectors.words(path)} is the mask, but {reason} Send the secret.")
    return document


def _masks(document: Document) -> list[Path]:
    return [path for path in secret_paths(document) if secrets.is_mask(secrets.at(document, path))]


def _service(tx: Tx, request: Document) -> EntityRow | None:
    """The live service that a test of a connection is about, if it is one of ours."""
    name: Any = request.get("serviceName")
    if not name or platform(request) is None:
        return None
    names.check(name)
    row = entities.find_by_fqn(tx, MESSAGING_SERVICE.name, names.join(None, name))
    return row if row is not None and not row.deleted else None


def _withheld(work: Work, document: Document, service: EntityRow) -> str | None:
    """Why the secrets of a service are not used, or None if they may be."""
    if not policy.allows(work.actor, "EditAll", facts.of_row(work.tx, MESSAGING_SERVICE, service)):
        return f"the secrets of messagingService {service.fqn} are used only for those who may edit it."
    stored: Document = msgspec.json.decode(service.doc)
    request: Document = document["request"]
    if stored["serviceType"] != platform(request):
        return f"messagingService {service.fqn} is not of the type {platform(request)}."
    config: Document = config_of(request) or {}
    connection: Document = stored.get("connection") or {}
    known: Document = connection.get("config") or {}
    paths = {path[len(_CONFIG) :] for path in secret_paths(document)}
    paths |= {path[2:] for path in MESSAGING_SERVICE.secret_paths(stored)}
    place = connectors.differing(connectors.binding(config), connectors.binding(known), paths)
    if place is not None:
        return f"{connectors.words(place)} is not as in messagingService {service.fqn}, whose secret is therefore not used."
    return None


def check(_work: Work, _targets: Targets, before: State | None, after: State) -> None:
    """Refuses a mask that stands for a secret of the stored request, if the new one leads elsewhere."""
    if before is None or before.document["request"] == after.document["request"]:
        return
    masks = _masks(after.document)
    if not masks:
        return
    paths = {*secret_paths(before.document), *secret_paths(after.document)}
    place = connectors.differing(_compared(before.document), _compared(after.document), paths)
    if place is not None:
        raise BadRequest(
            f"{connectors.words(masks[0])} is the mask, but {connectors.words(place)} is not as in the workflow that is stored, whose"
            " secret is therefore not used. Send the secret."
        )


def _compared(document: Document) -> Document:
    request = {key: value for key, value in document["request"].items() if key not in _NOT_COMPARED}
    if document["workflowType"] == TEST_CONNECTION and (config := config_of(request)) is not None:
        request["connection"] = {"config": connectors.binding(config)}
    return {"workflowType": document["workflowType"], "request": request}


def trigger(work: Work, entity_id: str) -> PipelineServiceClientResponse:
    """Starts a workflow; without an orchestrator, the answer says that nothing was started."""
    row = read.find(work.tx, WORKFLOW, entity_id=entity_id, include="non-deleted")
    policy.check(work.actor, ("Trigger",), facts.of_row(work.tx, WORKFLOW, row))
    return PipelineServiceClientResponse(code=200, platform="none", reason=NO_ORCHESTRATOR)
