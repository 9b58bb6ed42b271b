"""What the official OpenMetadata client does with the catalog's kinds, done by it against a running catalog.

check_client.py URL BOT-TOKEN ADMIN-TOKEN      (with the client's Python; test_client.py beside this file sets all of it up)

Calls only the client's own classes and methods, and checks what comes back; its models refuse every key that
OpenMetadata does not have. Messaging services of every type that it knows come first, then the kinds that say who owns
them, what they mean and who may touch them. Prints one line per step; ends with exit code 1 at the first step that
fails, with the reason and with what the client has logged. Leaves its entities behind: give it a new catalog.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import sys

from alerts import Alerts
from automations import Automations
from custom_properties import CustomProperties
from domains import Areas
from kind_life import KindLife, prepare
from labels import Labels
from lineage import Lineage
from metadata.generated.schema.entity.services.messagingService import MessagingServiceType
from people import People
from pipelines import Pipelines
from programs import Programs
from rights import Rights
from scene import Scene
from service_life import Lifecycle
from services import Many
from steps import LOG
from subjects import SUBJECTS
from terms import Terms


def main() -> None:
    """Runs every step; see the top of this file."""
    _, url, bot_token, admin_token = sys.argv
    client = logging.getLogger("metadata")
    client.handlers[:] = [LOG]
    client.propagate = False
    scene = Scene(url.rstrip("/"), bot_token, admin_token)
    scene.first()
    scene.others()
    for service_type in MessagingServiceType:
        Lifecycle(scene, service_type.value).run()
    Many(scene).run()
    prepare(scene)
    for subject in SUBJECTS:
        KindLife(scene, subject).run()
    for part in (
        People,
        Programs,
        Rights,
        Areas,
        Labels,
        Terms,
        CustomProperties,
        Automations,
        Alerts,
        Pipelines,
        Lineage,
    ):
        part(scene).run()


if __name__ == "__main__":
    main()
