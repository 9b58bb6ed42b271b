"""What every connector is built from: the `Config` struct, the marks its fields carry, and the objects platforms share.

A config struct is the form, the documentation and the schema of a connection at once. Nothing here knows the catalog.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType


class Config(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """Base of a platform's connection properties and of the objects inside them.

    No property is required: a service may be registered before its connection is known. A property without a value is
    `UNSET` and stays out of the document; a default of a simple type is written into it; an object has no default.
    """


def address(description: str, *, instead: str, bare_user_is_secret: bool = False) -> Meta:
    """Marks a field that holds hosts or URLs; credentials are refused in it and belong into the property `instead`."""
    return Meta(description=description, extra={"instead": instead, "bare_user_is_secret": bare_user_is_secret})


Text = str | UnsetType
"""Text that may be absent."""

Secret = Annotated[str, Meta(extra={"secret": True}, extra_json_schema={"format": "password"})]
"""Text that is sealed when stored and masked when a person reads it."""

# `$` alone would let a line end follow; `\Z` is not known to JSON Schema.
Uri = Annotated[
    str,
    Meta(
        pattern=r'^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`\x00-\x1f\x7f]+$(?!\s)',
        extra_json_schema={"format": "uri"},
    ),
]
"""An absolute URI, as far as its characters tell."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""Any value of a config."""

Properties = dict[str, Any]
"""Free-form settings, which a platform's own client understands."""

SecurityProtocol = Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"]
SaslMechanism = Literal["PLAIN", "GSSAPI", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class TopicFilterPattern(Config):
    """Regular expressions that decide which topics are read."""

    includes: Annotated[list[str] | UnsetType, Meta(description="Only topics that match one of these.")] = UNSET
    excludes: Annotated[list[str] | UnsetType, Meta(description="No topic that matches one of these.")] = UNSET


class SslConfig(Config):
    """Certificates for TLS, each as PEM text. All three are treated as secrets, as OpenMetadata does."""

    caCertificate: Annotated[Secret | UnsetType, Meta(description="The authority that the server's must be from.")] = (
        UNSET
    )
    sslCertificate: Annotated[Secret | UnsetType, Meta(description="The client's own certificate.")] = UNSET
    sslKey: Annotated[Secret | UnsetType, Meta(description="The private key of the client's certificate.")] = UNSET


TopicFilter = Annotated[TopicFilterPattern | UnsetType, Meta(description="Which topics to read.")]
ReadsMetadata = Annotated[bool, Meta(description="Whether topics can be discovered through this connection.")]
Profiles = Annotated[bool, Meta(description="Whether sample messages can be read through this connection.")]
