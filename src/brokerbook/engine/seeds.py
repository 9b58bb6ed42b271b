"""What a catalog begins with, as data: policies, roles, the organization, bots, the classifications that all share.

Names and rules: contract, "Seed data". The descriptions are ours. What of it is made when is in `seed`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.access.rights import ORGANIZATION
from brokerbook.kinds.bot import BOT, CreateBot
from brokerbook.kinds.policy import POLICY, CreatePolicy, Rule
from brokerbook.kinds.role import ROLE, CreateRole
from brokerbook.kinds.tag import CLASSIFICATION, TAG, CreateClassification, CreateTag
from brokerbook.kinds.team import TEAM, CreateTeam
from brokerbook.kinds.user import USER, CreateUser
from brokerbook.model.wire import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import msgspec

    from brokerbook.kinds.kind import Document, Kind

MAIL_DOMAIN = "open-metadata.org"
"""The domain of the e-mail addresses of the users that the first start makes."""

INGESTION_BOT = "ingestion-bot"

_SYSTEM: Document = {"provider": "system"}
_KEPT: Document = {"provider": "system", "allowDelete": False}


class Seed(NamedTuple):
    """One entity: the request that makes it, what no request may say, and links (field → names) that none names so."""

    kind: Kind
    request: msgspec.Struct
    extra: Document
    links: Mapping[str, Sequence[str]] = MappingProxyType({})


def _rule(name: str, effect: Any, resources: str, operations: str, condition: str | None = None) -> Rule:
    return Rule(
        name=name, effect=effect, resources=resources.split(), operations=operations.split(), condition=condition
    )


_EDIT_AND_VIEW = "EditAll ViewAll Trigger"
_NO_DISPLAY_NAME = _rule("DisplayName-Deny", "deny", "All", "EditDisplayName")
_LABELS = "EditTags EditGlossaryTerms EditTier EditCertification"


def _bot_policy(name: str, description: str, *rules: Rule) -> tuple[str, str, tuple[Rule, ...]]:
    return name, description, (*rules, _NO_DISPLAY_NAME)


_POLICIES: tuple[tuple[str, str, tuple[Rule, ...]], ...] = (
    (
        "OrganizationPolicy",
        "Lets owners change and delete what they own, and everybody take over what nobody owns.",
        (
            _rule("OrganizationPolicy-Owner-Rule", "allow", "All", "EditAll ViewAll Delete", "isOwner()"),
            _rule("OrganizationPolicy-NoOwner-Rule", "allow", "All", "EditOwners", "noOwner()"),
        ),
    ),
    (
        "DataConsumerPolicy",
        "Lets those who use data see everything, describe it and label it.",
        (
            _rule("DataConsumerPolicy-EditRule", "allow", "All", f"ViewAll EditDescription {_LABELS}"),
            _rule("DataConsumerPolicy-CreateTask-Rule", "allow", "task", "Create"),
            _rule("DataConsumerPolicy-TaskRule", "allow", "All", "CreateTask EditTask"),
        ),
    ),
    (
        "DataStewardPolicy",
        "Lets stewards name, describe, label and give owners to everything.",
        (
            _rule(
                "DataStewardPolicy-EditRule",
                "allow",
                "All",
                f"ViewAll EditDescription EditDisplayName EditLineage EditOwners {_LABELS}",
            ),
            _rule("DataStewardPolicy-TriggerRule", "allow", "All", "Trigger"),
        ),
    ),
    _bot_policy(
        "DefaultBotPolicy",
        "What every bot may and may not do: it makes no bots, and names are for people to give.",
        _rule("BotRule-Deny", "deny", "bot webhook", "Create Delete"),
        _rule("BotRule-IngestionPipeline", "allow", "ingestionPipeline", "ViewAll EditIngestionPipelineStatus"),
    ),
    _bot_policy(
        "IngestionBotPolicy",
        "Lets ingestion create, change and delete what it finds.",
        _rule("IngestionBotRule-Allow", "allow", "All", "Create BulkCreate BulkUpdate EditAll ViewAll Delete Trigger"),
    ),
    _bot_policy(
        "LineageBotPolicy",
        "Lets the lineage bot write what flows where.",
        _rule("UsageBotRule-Allow-Query", "allow", "query", "Create EditAll ViewAll"),
        _rule("LineageBotRule-Allow", "allow", "All", _EDIT_AND_VIEW),
    ),
    _bot_policy(
        "ProfilerBotPolicy",
        "Lets the profiler write what it measured.",
        _rule("ProfilerBotBotRule-Allow", "allow", "All", _EDIT_AND_VIEW),
    ),
    _bot_policy(
        "QualityBotPolicy",
        "Lets the quality bot write the results of tests.",
        _rule("QualityBotBotRule-Allow", "allow", "All", _EDIT_AND_VIEW),
    ),
    _bot_policy(
        "UsageBotPolicy",
        "Lets the usage bot write who uses what.",
        _rule("UsageBotRule-Allow-Query-Table", "allow", "query table", "Create EditAll ViewAll"),
        _rule("UsageBotRule-Allow-Usage", "allow", "All", _EDIT_AND_VIEW),
    ),
    _bot_policy(
        "AutoClassificationBotPolicy",
        "Lets the classifier label tables.",
        _rule("AutoClassificationBotRule-Allow-Table", "allow", "table", "EditAll ViewAll"),
        _rule("AutoClassificationBotRule-ViewAll", "allow", "All", "ViewAll"),
    ),
    _bot_policy(
        "ApplicationBotPolicy",
        "Lets applications create, change and delete.",
        _rule("ApplicationBotRule-Allow", "allow", "All", "Create EditAll ViewAll Delete"),
    ),
    (
        "ApplicationBotImpersonationPolicy",
        "Lets an application act for a user.",
        (_rule("ApplicationBotImpersonationRule-Allow", "allow", "All", "Impersonate"),),
    ),
    (
        "BotImpersonationPolicy",
        "Lets a bot act for any user.",
        (_rule("BotImpersonationRule-Allow", "allow", "user", "Impersonate"),),
    ),
    (
        "BotNonAdminImpersonationPolicy",
        "Lets a bot act for users who do not administer.",
        (
            _rule("BotNonAdminImpersonationRule-Allow", "allow", "user", "Impersonate"),
            _rule("BotNonAdminImpersonationRule-DenyAdminUsers", "deny", "user", "Impersonate", "isAdminUser()"),
        ),
    ),
    (
        "ScimBotPolicy",
        "Keeps the provisioning bot from everything but provisioning.",
        (_rule("ScimBotRule-Deny-All-Others", "deny", "All", "Create EditAll ViewAll Delete"),),
    ),
    (
        "TeamOnlyPolicy",
        "Attached to a team, keeps what its teams own to their members.",
        (_rule("TeamOnlyPolicy-Rule", "deny", "All", "All", "!matchTeam()"),),
    ),
    (
        "TaskAuthorPolicy",
        "Who may edit, resolve and close tasks.",
        (
            _rule("TaskAuthorPolicy-FilerCannotResolveOwnTask", "deny", "task", "ResolveTask", "isTaskFiler()"),
            _rule(
                "TaskAuthorPolicy-FilerEditCloseDeleteOwnTask",
                "allow",
                "task",
                "EditAll Delete CloseTask",
                "isTaskFiler()",
            ),
            _rule(
                "TaskAuthorPolicy-ApproverResolveTask",
                "allow",
                "task",
                "ResolveTask CloseTask",
                "isTaskAssignee() || isTaskReviewer()",
            ),
        ),
    ),
)
_DOMAIN_ONLY = (
    "DomainOnlyAccessPolicy",
    "Keeps its bearers to what lies in their own domains.",
    (
        _rule("DomainAccessDenyRule", "deny", "All", "All", "!hasDomain()"),
        _rule("DomainAccessAllowRule", "allow", "All", "All", "hasDomain()"),
    ),
)

_BOT_POLICY = "DefaultBotPolicy"
_ROLES: dict[str, tuple[str, ...]] = {
    "DataConsumer": ("DataConsumerPolicy",),
    "DataSteward": ("DataStewardPolicy",),
    "DefaultBotRole": (_BOT_POLICY,),
    "IngestionBotRole": (_BOT_POLICY, "IngestionBotPolicy"),
    "QualityBotRole": (_BOT_POLICY, "QualityBotPolicy"),
    "GovernanceBotRole": (_BOT_POLICY,),
    "LineageBotRole": (_BOT_POLICY, "LineageBotPolicy"),
    "ProfilerBotRole": (_BOT_POLICY, "ProfilerBotPolicy"),
    "UsageBotRole": (_BOT_POLICY, "UsageBotPolicy"),
    "ScimBotRole": (_BOT_POLICY, "ScimBotPolicy"),
    "AutoClassificationBotRole": (_BOT_POLICY, "AutoClassificationBotPolicy"),
    "ApplicationBotRole": (_BOT_POLICY, "ApplicationBotPolicy"),
    "ApplicationBotImpersonationRole": ("ApplicationBotImpersonationPolicy",),
    "BotImpersonationRole": ("BotImpersonationPolicy",),
    "BotNonAdminImpersonationRole": ("BotNonAdminImpersonationPolicy",),
}

BOT_ROLES = frozenset(name for name in _ROLES if "Bot" in name)
"""The seeded roles that are made for programs."""

_BOTS: dict[str, tuple[str, str]] = {
    INGESTION_BOT: ("IngestionBotRole", "Writes what ingestion finds; sees secrets in clear text."),
    "testsuite-bot": ("QualityBotRole", "Writes the results of tests."),
    "profiler-bot": ("ProfilerBotRole", "Writes what the profiler measured."),
    "lineage-bot": ("LineageBotRole", "Writes what flows where."),
    "usage-bot": ("UsageBotRole", "Writes who uses what."),
    "governance-bot": ("GovernanceBotRole", "Carries out governance workflows."),
    "autoClassification-bot": ("AutoClassificationBotRole", "Labels what it recognises."),
    "scim-bot": ("ScimBotRole", "Provisions users."),
    "McpApplicationBot": ("ApplicationBotImpersonationRole", "Acts for the user who asks an application."),
}
_SHOWN_NAMES = {INGESTION_BOT: "IngestionBot"}

_CLASSIFICATIONS: dict[str, tuple[str, bool, dict[str, tuple[str, str | None]]]] = {
    "Tier": (
        "How much the business depends on it.",
        True,
        {
            "Tier1": ("Critical to the whole company: an outage is felt by customers or in the accounts.", None),
            "Tier2": ("Important to several departments.", None),
            "Tier3": ("Important to one department.", None),
            "Tier4": ("Used by one team.", None),
            "Tier5": ("Private, or not used.", None),
        },
    ),
    "Certification": (
        "How far it can be relied upon.",
        True,
        {
            "Bronze": ("Described and owned.", "#CD7F32"),
            "Silver": ("Described, owned and watched.", "#C0C0C0"),
            "Gold": ("Described, owned, watched and proven.", "#FFD700"),
        },
    ),
    "PersonalData": (
        "Personal data in the sense of the GDPR.",
        True,
        {
            "Personal": ("Identifies a person, by itself or together with other data.", None),
            "SpecialCategory": ("Personal data that the law protects especially, such as health or belief.", None),
        },
    ),
    "PII": (
        "Data by which an individual can be told.",
        True,
        {
            "None": ("Tells nobody.", None),
            "NonSensitive": ("Tells a person, and is public anyway.", None),
            "Sensitive": ("Tells a person, who is harmed if it gets out.", None),
        },
    ),
    "ContextCenter": (
        "What kind of article in the knowledge center it is.",
        False,
        {
            "Article": ("A text to read.", None),
            "QuickLink": ("An address to open.", None),
            "HowToGuide": ("How something is done.", None),
        },
    ),
}


def _policy(name: str, description: str, rules: tuple[Rule, ...], extra: Document) -> Seed:
    return Seed(POLICY, CreatePolicy(name=name, description=description, rules=list(rules)), extra)


def policies_and_roles() -> list[Seed]:
    """Policies, then the roles made of them, then the organization that gives everybody one of each."""
    seeds = [_policy(*one, _KEPT) for one in _POLICIES]
    seeds.append(_policy(*_DOMAIN_ONLY, {"provider": "user", "allowDelete": True}))
    seeds += [
        Seed(ROLE, CreateRole(name=name, policies=list(policies), description=f"Gives {', '.join(policies)}."), _KEPT)
        for name, policies in _ROLES.items()
    ]
    domain_only = CreateRole(
        name="DomainOnlyAccessRole", policies=[_DOMAIN_ONLY[0]], description="Gives DomainOnlyAccessPolicy."
    )
    seeds.append(Seed(ROLE, domain_only, {"provider": "user", "allowDelete": True}))
    organization = CreateTeam(
        name=ORGANIZATION,
        displayName=ORGANIZATION,
        teamType="Organization",
        description="Above all teams: whoever is in no other is in it.",
    )
    seeds.append(Seed(TEAM, organization, {}, {"policies": ["OrganizationPolicy"], "defaultRoles": ["DataConsumer"]}))
    return seeds


def bots() -> list[Seed]:
    """For each bot its user, with a role, and the bot itself."""
    seeds: list[Seed] = []
    for name, (role, description) in _BOTS.items():
        user = CreateUser(
            name=name,
            email=f"{name}@{MAIL_DOMAIN}".lower(),
            displayName=_SHOWN_NAMES.get(name),
            description=description,
            isBot=True,
        )
        extra: Document = {"allowImpersonation": True} if role == "ApplicationBotImpersonationRole" else {}
        seeds.append(Seed(USER, user, extra, {"roles": [role]}))
        bot = CreateBot(name=name, botUser=name, displayName=_SHOWN_NAMES.get(name), description=description)
        seeds.append(Seed(BOT, bot, _SYSTEM))
    return seeds


def classifications() -> list[Seed]:
    """The classifications that everybody shares, each before its tags."""
    seeds: list[Seed] = []
    for name, (description, exclusive, tags) in _CLASSIFICATIONS.items():
        request = CreateClassification(name=name, description=description, mutuallyExclusive=exclusive)
        seeds.append(Seed(CLASSIFICATION, request, _SYSTEM))
        seeds += [
            Seed(
                TAG,
                CreateTag(
                    name=tag,
                    description=sentence,
                    classification=name,
                    style=Style(color=color) if color is not None else None,
                ),
                _SYSTEM,
            )
            for tag, (sentence, color) in tags.items()
        ]
    return seeds
