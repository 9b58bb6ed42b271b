"""Every kind of entity that the catalog knows, by name. A new kind is a module beside these and its name here."""

from __future__ import annotations

from brokerbook.kinds.bot import BOT
from brokerbook.kinds.domain import DATA_PRODUCT, DOMAIN
from brokerbook.kinds.event_subscription import EVENT_SUBSCRIPTION
from brokerbook.kinds.glossary import GLOSSARY, GLOSSARY_TERM
from brokerbook.kinds.ingestion_pipeline import INGESTION_PIPELINE
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE
from brokerbook.kinds.policy import POLICY
from brokerbook.kinds.role import ROLE
from brokerbook.kinds.tag import CLASSIFICATION, TAG
from brokerbook.kinds.team import TEAM
from brokerbook.kinds.topic import TOPIC
from brokerbook.kinds.type import TYPE
from brokerbook.kinds.user import USER
from brokerbook.kinds.workflow import WORKFLOW

KINDS = {
    kind.name: kind
    for kind in (
        MESSAGING_SERVICE,
        TOPIC,
        INGESTION_PIPELINE,
        USER,
        TEAM,
        ROLE,
        POLICY,
        BOT,
        DOMAIN,
        DATA_PRODUCT,
        CLASSIFICATION,
        TAG,
        GLOSSARY,
        GLOSSARY_TERM,
        TYPE,
        WORKFLOW,
        EVENT_SUBSCRIPTION,
    )
}
