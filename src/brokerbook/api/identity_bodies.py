"""The bodies of the routes of logins, passwords and tokens. Names are the wire's."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from brokerbook.model.wire import EntityReference, Fqn, Paging, Timestamp, Uuid, Wire

Expiry = Literal["OneHour", "1", "7", "30", "60", "90", "Unlimited"]
_Text = Annotated[str, Meta(max_length=8192)]


class LoginRequest(Wire, frozen=True):
    """`email` is an e-mail address or a user's name."""

    email: _Text
    password: Annotated[str, Meta(max_length=8192, description="The password in Base64.")]


class JwtResponse(Wire, frozen=True):
    """A session's tokens; shown once."""

    accessToken: str
    refreshToken: str
    tokenType: str
    expiryDuration: Annotated[int, Meta(description="When the access token ends, in epoch milliseconds.")]


class RefreshRequest(Wire, frozen=True):
    refreshToken: _Text


class LogoutRequest(Wire, frozen=True):
    """Without `token`: the one that the request came with."""

    token: _Text | None = None
    refreshToken: _Text | None = None
    username: str | None = None
    logoutTime: Timestamp | None = None


class EmailRequest(Wire, frozen=True):
    email: _Text


class SignupRequest(Wire, frozen=True):
    firstName: str | None = None
    lastName: str | None = None
    email: str | None = None
    password: str | None = None


class ChangePasswordRequest(Wire, frozen=True):
    """SELF changes one's own password and needs the old one; USER, for an administrator, that of `username`."""

    newPassword: _Text
    confirmPassword: _Text
    oldPassword: _Text | None = None
    username: str | None = None
    requestType: Literal["SELF", "USER"] | None = None


class PersonalTokenRequest(Wire, frozen=True):
    tokenName: Annotated[str, Meta(min_length=1, max_length=256)]
    JWTTokenExpiry: Expiry


class PersonalAccessToken(Wire, frozen=True):
    """A personal token; `jwtToken` is in the answer that makes it and in no other."""

    token: Uuid
    userId: Uuid
    tokenType: Literal["PERSONAL_ACCESS_TOKEN"]
    tokenName: str
    expiryDate: Annotated[int, Meta(description="Epoch milliseconds; the end of the year 9999 stands for never.")]
    jwtToken: str | None = None


class PersonalAccessTokens(Wire, frozen=True):
    data: list[PersonalAccessToken]
    paging: Paging


class RevokePersonalTokens(Wire, frozen=True):
    tokenIds: list[Uuid] | None = None


class GenerateTokenRequest(Wire, frozen=True):
    JWTTokenExpiry: Expiry
    id: Uuid | None = None


class RevokeTokenRequest(Wire, frozen=True):
    id: Uuid


class JWTAuthMechanism(Wire, frozen=True):
    """A bot's token; `JWTToken` is in the answer that makes it and in no other."""

    JWTToken: str | None = None
    JWTTokenExpiry: Expiry | None = None
    JWTTokenExpiresAt: Timestamp | None = None


class ShownMechanism(Wire, frozen=True):
    """How a bot proves itself."""

    authType: Literal["JWT"]
    config: JWTAuthMechanism | None = None


# our own


class TokenScopes(Wire, frozen=True):
    """What a token is limited to, beyond what its user may do."""

    readOnly: Annotated[bool, Meta(description="Whether it changes nothing.")] = False
    kinds: Annotated[list[str], Meta(max_length=100, description="The kinds that it is for; absent: all.")] | None = (
        None
    )
    services: (
        Annotated[
            list[Fqn],
            Meta(max_length=1000, description="The messaging services that it is for; absent: all."),
        ]
        | None
    ) = None


class NewTokenRequest(Wire, frozen=True):
    """Without `expiry` and `expiresAt`, a person's token lasts 30 days and a bot's for ever."""

    name: Annotated[str, Meta(min_length=1, max_length=256)]
    user: Annotated[str | None, Meta(description="Whose it is to be; absent: the caller's.")] = None
    expiry: Expiry | None = None
    expiresAt: Timestamp | None = None
    scopes: TokenScopes | None = None


class RotateTokenRequest(Wire, frozen=True):
    overlapSeconds: Annotated[int, Meta(ge=0, le=604_800, description="How long both tokens work; a week at most.")] = (
        86_400
    )


class Token(Wire, frozen=True):
    """A token of a bot or a person; `jwtToken` is in the answer that makes it and in no other."""

    id: Uuid
    userId: Uuid
    user: str
    name: str
    kind: Literal["bot", "personal"]
    createdAt: Timestamp
    expiresAt: Timestamp | None = None
    lastUsedAt: Annotated[
        Timestamp | None, Meta(description="Epoch milliseconds; after the server was killed, up to a minute too early.")
    ] = None
    scopes: TokenScopes | None = None
    rotatedTo: Annotated[Uuid | None, Meta(description="The token that takes its place.")] = None
    jwtToken: str | None = None


class Tokens(Wire, frozen=True):
    data: list[Token]
    paging: Paging


class SoleOwnership(Wire, frozen=True):
    """What would be nobody's without a user: how many entities of each kind, and a page of them."""

    counts: dict[str, int]
    data: list[EntityReference]
    paging: Paging
