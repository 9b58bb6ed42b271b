"""The words of policies: which operations there are, which of them cover others, and what a rule may be about.

Operations are those of the 2.0 clients' models. A rule may name any type of entity that OpenMetadata knows, so that its
policies can be taken over; only those that this catalog has are ever asked about.
"""

from __future__ import annotations

from functools import lru_cache

_OPERATIONS = """
    All Create BulkCreate CreateIngestionPipelineAutomator CreateTests Delete ViewAll ViewBasic ViewUsage ViewTests
    ViewQueries ViewDataProfile ViewProfilerGlobalConfiguration ViewSampleData ViewTestCaseFailedRowsSample
    ViewCustomFields EditAll BulkUpdate EditCustomFields EditDataProfile EditDescription EditDisplayName EditDomains
    EditLineage EditEntityRelationship EditPolicy EditOwners EditQueries EditReviewers EditRole EditSampleData
    EditStatus EditTags EditGlossaryTerms EditTeams EditTier EditCertification CreateTask EditTask EditTests EditUsage
    EditUsers EditLifeCycle EditKnowledgePanel EditPage EditIngestionPipelineStatus EditUserNotificationTemplate
    DeleteTestCaseFailedRowsSample Deploy Trigger Kill GenerateToken EditScim CreateScim DeleteScim ViewScim
    Impersonate AuditLogs ViewTestDefinitionLibrary EditTestDefinitionLibrary ResolveTask CloseTask ReassignTask
"""
OPERATIONS = frozenset(_OPERATIONS.split())
"""Every operation of the 2.0 clients' models."""

ALL = "All"
EDIT_ALL = "EditAll"
VIEW_ALL = "ViewAll"

_RESOURCES = """
    aiApplication aiGovernancePolicy announcement apiCollection apiEndpoint apiService app appMarketPlaceDefinition
    application auditLog automation bot chart classification column container contextMemory conversation dashboard
    dashboardDataModel dashboardService dataContract dataInsightChart dataInsightCustomChart dataProduct database
    databaseSchema databaseService directory docStore document domain driveService dataset event eventSubscription
    eventsubscription event_subscription feed file glossary glossaryTerm ingestionPipeline ingestionRunner kpi knowledgeCenter
    learningResource lineage llmModel llmService location mcpServer mcpService messagingService metadataService metric
    mlmodel mlmodelService notificationTemplate page persona pipeline pipelineService policy profilerConfiguration
    promptTemplate query queryCostRecord report role scim searchIndex searchService securityService settings
    spreadsheet storageService storedProcedure suggestion system table tag task taskFormSchema team testCase
    testCaseResolutionStatus testCaseResult testConnectionDefinition testDefinition testSuite topic type user
    webAnalyticEvent webhook workflow workflowDefinition workflowInstance workflowInstanceState worksheet
"""
RESOURCES = frozenset(_RESOURCES.split())
"""What a rule may name besides `All`."""


def covers(granted: str, operation: str) -> bool:
    """Whether a rule about one operation is about another as well: `EditAll` covers `EditTags`."""
    return (
        granted in (operation, ALL)
        or (granted == EDIT_ALL and operation.startswith("Edit"))
        or (granted == VIEW_ALL and operation.startswith("View"))
    )


@lru_cache(maxsize=256)
def expanded(operations: tuple[str, ...]) -> frozenset[str]:
    """Every operation that a rule about these is about."""
    return frozenset(operation for operation in OPERATIONS if any(covers(granted, operation) for granted in operations))


def normalised(operations: list[str]) -> list[str]:
    """The operations of a rule in order, those left out that another of them covers (contract, "Normalisation")."""
    wanted = set(operations)
    for every, prefix in ((VIEW_ALL, "View"), (EDIT_ALL, "Edit")):
        if every in wanted:
            wanted = {name for name in wanted if name == every or not name.startswith(prefix)}
    return sorted(wanted)


def normalised_resources(resources: list[str]) -> list[str]:
    """The resources of a rule in order; just `All` if any of them is."""
    if any(name.lower() == "all" for name in resources):
        return [ALL]
    return sorted(set(resources), key=str.lower)
