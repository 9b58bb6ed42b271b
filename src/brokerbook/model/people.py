"""What users and teams say about themselves: an address, pictures, where news go, how their pages look.

A profile holds no secrets, as whoever may see the record sees it: of where news go only the address is kept, not the
headers or keys that OpenMetadata lets stand beside it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from brokerbook.model.wire import HTTP, Uuid, Wire

Email = Annotated[
    str, Meta(min_length=6, max_length=127, pattern=r"^[\S.!#$%&’*+/=?^_`{|}~-]+@\S+\.\S+$", description="An address.")
]
Url = Annotated[str, Meta(max_length=2048, pattern=f"^{HTTP}$(?!\\s)", description="An http or https URL.")]


class Images(Wire, frozen=True, kw_only=True):
    """A picture in several sizes."""

    image: Url | None = None
    image24: Url | None = None
    image32: Url | None = None
    image48: Url | None = None
    image72: Url | None = None
    image192: Url | None = None
    image512: Url | None = None


class Webhook(Wire, frozen=True, kw_only=True):
    """Where news go, and about what."""

    receivers: list[str] | None = None
    endpoint: Url | None = None
    httpMethod: Literal["POST", "PUT"] | None = None
    sendToAdmins: bool | None = None
    sendToOwners: bool | None = None


class Subscription(Wire, frozen=True, kw_only=True):
    """Where news go, for each of the tools that take them."""

    slack: Webhook | None = None
    msTeams: Webhook | None = None
    gChat: Webhook | None = None
    generic: Webhook | None = None


class Profile(Wire, frozen=True, kw_only=True):
    """Pictures of a user or a team, and where news for it go."""

    images: Images | None = None
    subscription: Subscription | None = None


class LandingPageSettings(Wire, frozen=True, kw_only=True):
    """How the first page looks."""

    headerColor: str | None = None
    headerImage: str | None = None


PageViewMode = Literal["table", "card", "tree"]


class DefaultViewModes(Wire, frozen=True, kw_only=True):
    """How pages that know several layouts open."""

    domains: PageViewMode | None = None
    subDomains: PageViewMode | None = None
    dataProducts: PageViewMode | None = None
    learningResources: PageViewMode | None = None


class PersonaPreferences(Wire, frozen=True, kw_only=True):
    """How user interfaces look to a user while he acts as one of his personas."""

    personaId: Uuid
    personaName: str
    landingPageSettings: LandingPageSettings | None = None
    appMode: Literal["classic", "AI"] | None = None
    defaultLandingPage: str | None = None
    defaultViewModes: DefaultViewModes | None = None
