"""What only event subscriptions do: lead somewhere, be narrowed by filters, keep secrets to themselves."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.entity.events.authentication.webhookBearerAuth import BearerAuth
from metadata.generated.schema.entity.events.authentication.webhookOAuth2Config import WebhookOAuth2Config
from metadata.generated.schema.entity.events.webhook import Webhook
from metadata.generated.schema.events.api.eventsRecord import EventSubscriptionEventsRecord
from metadata.generated.schema.events.emailAlertConfig import EmailAlertConfig
from metadata.generated.schema.events.eventSubscription import AlertFilteringInput, Destination, EventSubscription
from metadata.generated.schema.events.filterResourceDescriptor import FilterResourceDescriptor
from metadata.generated.schema.events.subscriptionStatus import SubscriptionStatus
from steps import changed, refused, same, some, step
from subjects import service, subscription

if TYPE_CHECKING:
    from scene import Scene

HOOK = "https://hooks.example.com/catalog"
MASK = "*********"
BEARER = BearerAuth(type="bearer", secretKey="signs-it-all")
OAUTH = WebhookOAuth2Config(
    type="oauth2", tokenUrl="https://login.example.com/t", clientId="me", clientSecret="tells-none"
)  # fmt: skip


def webhook(endpoint: str = HOOK, **more: Any) -> Destination:
    """A destination outside."""
    return Destination(category="External", type="Webhook", config=Webhook(endpoint=endpoint, **more))


class Alerts:
    """Subscriptions with destinations."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.made()
        self.refused()
        self.patched()
        self.told()
        self.end()

    def now(self, *fields: str) -> Any:
        """The subscription as it is."""
        return some(self.admin.get_by_name(EventSubscription, "hooks", fields=list(fields)))

    def made(self) -> None:
        """With every sort of destination."""
        mail = Destination(category="External", type="Email", config=EmailAlertConfig(receivers=["amy@example.com"]))
        off = Destination(category="Owners", type="Slack", enabled=False)
        self.ask = subscription(
            "hooks",
            destinations=[
                webhook(authType=BEARER, headers={"X-Team": "data", "X-Api-Key": "is-one-too"}),
                webhook(f"{HOOK}/2", authType=OAUTH),
                mail,
                off,
            ],
            input=AlertFilteringInput(
                filters=[
                    {"name": "filterByOwnerName", "arguments": [{"name": "ownerNameList", "input": ["amy"]}]},
                    {"name": "filterByEventType", "arguments": [{"name": "eventTypeList", "input": ["entityCreated"]}]},
                ]
            ),
            trigger={"triggerType": "RealTime"},
        )
        with step("subscriptions: create_or_update with destinations and filters, and again"):
            made = self.admin.create_or_update(self.ask)
            again = self.admin.create_or_update(self.ask)
            same((again.id, again.destinations, again.version), (made.id, made.destinations, made.version))
            same([one.name for one in made.input.filters], ["filterByEventType", "filterByOwnerName"])
            same(made.filteringRules.rules[1].condition.root, "matchAnyOwnerName({'amy'})")
        with step("its secrets are masked for a person and for a bot"):
            for client in (self.admin, self.scene.bot):
                found = some(client.get_by_name(EventSubscription, "hooks", fields=["*"])).destinations
                same([type(one.config) for one in found], [Webhook, Webhook, Webhook, type(None)])
                same(found[0].config.authType, BearerAuth(type="bearer", secretKey=MASK))
                same(found[0].config.headers, {"X-Team": "data", "X-Api-Key": MASK})
                same(found[1].config.authType.clientSecret, MASK)
                same(found[3].statusDetails.status.value, "disabled")

    def refused(self) -> None:
        """What would lead to this machine."""
        with step("an endpoint on this machine: 400"):
            asked = subscription("inside", destinations=[webhook("https://127.0.0.1/hook")])
            refused(400, lambda: self.admin.create(asked))

    def patched(self) -> None:
        """By the client's own comparison of two states."""
        with step("a mask keeps a secret, but for another endpoint it is needed again"):
            source = self.now()
            found = source.model_copy(deep=True).destinations
            found[0].config.headers["X-Team"] = "stock"
            patched = changed(self.admin, source, destinations=found)
            same(patched.destinations[0].config.headers["X-Team"], "stock")
            masked = OAUTH.model_copy(update={"clientSecret": MASK})
            there = subscription("hooks", destinations=[webhook(f"{HOOK}/2", authType=masked)])
            same(len(self.admin.create_or_update(there).destinations), 1)
            elsewhere = subscription("hooks", destinations=[webhook(f"{HOOK}/3", authType=masked)])
            refused(400, lambda: self.admin.create_or_update(elsewhere))
        with step("patch that disables it"):
            same(changed(self.admin, self.now(), enabled=False).enabled, wanted=False)

    def told(self) -> None:
        """What the client has models for, but no methods."""
        path = self.admin.get_suffix(EventSubscription)
        with step("resources, status and the record of events are what the client's models say"):
            for alert_type in ("Notification", "Observability"):
                for row in self.admin.client.get(f"{path}/{alert_type}/resources")["data"]:
                    FilterResourceDescriptor(**row)
            found = self.now()
            status = self.admin.client.get(f"{path}/{found.id.root}/status/{found.destinations[0].id.root}")
            same(SubscriptionStatus(**status).status.value, "disabled")
            before = self.record()
            self.admin.create(service("hooked"))
            after = self.record()
            same((after.totalEventsCount, after.pendingEventsCount), (before.totalEventsCount + 1,) * 2)

    def record(self) -> EventSubscriptionEventsRecord:
        """How many events there were."""
        path = self.admin.get_suffix(EventSubscription)
        return EventSubscriptionEventsRecord(**self.admin.client.get(f"{path}/name/hooks/eventsRecord"))

    def end(self) -> None:
        """Away for good, without asking for it."""
        with step("delete: nothing is left"):
            found = self.now()
            self.admin.delete(EventSubscription, found.id)
            same(self.admin.get_by_id(EventSubscription, found.id), None)
