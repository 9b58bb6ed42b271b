"""What the system tells of itself: settings that clients share, whether its parts work, how much there is."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from brokerbook.model.wire import HTTP, Wire

_Colour = Annotated[
    str, Meta(pattern=r"^(?:#[0-9a-fA-F]{3,8})?$", description="As `#7147e8`; empty: the client's own.")
]
_Url = Annotated[str, Meta(pattern=rf"^(?:{HTTP})?$", description="Empty: the client's own.")]


class Whole(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """Base of structs that clients want to see in full."""


class SampleDataConfig(Whole, frozen=True, kw_only=True):
    """Whether sample data may be read from platforms, and kept."""

    storeSampleData: bool = True
    readSampleData: bool = True


class MetricConfiguration(Wire, frozen=True, kw_only=True):
    """What a profiler measures of columns of one type."""

    dataType: str | None = None
    metrics: list[str] | None = None
    disabled: bool | None = None


class ProfilerConfiguration(Whole, frozen=True, kw_only=True):
    """What profilers and ingestion may read and measure; clients ask for it and follow it."""

    metricConfiguration: list[MetricConfiguration] = []  # noqa: RUF012  msgspec gives each its own
    sampleDataConfig: SampleDataConfig = SampleDataConfig()


class CustomLogoConfig(Whole, frozen=True, kw_only=True):
    customLogoUrlPath: _Url = ""
    customMonogramUrlPath: _Url = ""
    customFaviconUrlPath: _Url = ""


class CustomTheme(Whole, frozen=True, kw_only=True):
    primaryColor: _Colour = ""
    errorColor: _Colour = ""
    successColor: _Colour = ""
    warningColor: _Colour = ""
    infoColor: _Colour = ""


class UiThemePreference(Whole, frozen=True, kw_only=True):
    """Logos and colours of user interfaces."""

    customLogoConfig: CustomLogoConfig = CustomLogoConfig()
    customTheme: CustomTheme = CustomTheme()


class Setting(Wire, frozen=True, kw_only=True):
    """One setting of those that clients share: its type, and its value, whose shape the type says."""

    config_type: str
    config_value: dict[str, Any]


class StepValidation(Wire, frozen=True, kw_only=True):
    """Whether one part of the system works."""

    description: str
    passed: bool
    message: str


class SystemStatus(Wire, frozen=True, kw_only=True):
    """Whether the parts of the system work, in the words of OpenMetadata."""

    database: StepValidation
    searchInstance: StepValidation
    pipelineServiceClient: StepValidation
    jwks: StepValidation
    migrations: StepValidation
    logStorage: StepValidation


class ServicesCount(Whole, frozen=True, kw_only=True):
    """How many services there are that the caller may see; of other platforms than messaging ones there are none."""

    databaseServiceCount: int = 0
    messagingServiceCount: int
    dashboardServiceCount: int = 0
    pipelineServiceCount: int = 0
    mlModelServiceCount: int = 0
    storageServiceCount: int = 0


class EntitiesCount(Whole, frozen=True, kw_only=True):
    """How many entities there are that the caller may see."""

    tableCount: int = 0
    topicCount: int
    dashboardCount: int = 0
    pipelineCount: int = 0
    mlmodelCount: int = 0
    servicesCount: int
    userCount: int
    teamCount: int
    testSuiteCount: int = 0
    storageContainerCount: int = 0
    glossaryCount: int
    glossaryTermCount: int
