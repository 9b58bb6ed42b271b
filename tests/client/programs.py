"""What only bots do, the users and tokens that they act with, and what a person without any right of his own reads."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.createBot import CreateBot
from metadata.generated.schema.auth.generateToken import GenerateJwtTokenRequest
from metadata.generated.schema.auth.jwtAuth import JWTAuthMechanism
from metadata.generated.schema.auth.personalAccessToken import PersonalAccessToken
from metadata.generated.schema.entity.bot import Bot
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.entity.teams.user import AuthenticationMechanism, User
from steps import connect, names_of, refused, same, some, step, text, version_of
from subjects import SUBJECTS, Bots, bot_user, policy, role, rule, service, user

if TYPE_CHECKING:
    from scene import Scene


def token_of(mechanism: Any) -> str | None:
    """The token in a mechanism, if it is shown."""
    return mechanism.JWTToken.get_secret_value() if mechanism.JWTToken is not None else None


class Programs:
    """Bots."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.make()
        self.bind()
        self.renew()
        self.person()
        self.reader()

    def crawler(self) -> Any:
        """A client with the bot's token."""
        return connect(self.scene.url, self.token)

    def make(self) -> None:
        """A user with a token."""
        admin = self.admin
        with step("a bot's user with a token, shown this once"):
            only = rule("make", operations=["Create", "ViewAll"], resources=["messagingService"])
            admin.create(policy("crawling", rules=[only]))
            may = admin.create(role("crawling", policies=["crawling"]))
            made = admin.create(bot_user("crawler", roles=[may.id.root]))
            mechanism = made.authenticationMechanism
            same((made.isBot, mechanism.authType.value), (True, "JWT"))
            same(mechanism.config.JWTTokenExpiry_1.value, "30")
            some(mechanism.config.JWTTokenExpiresAt)
            self.id, self.token = made.id, some(token_of(mechanism.config))
        with step("that token works, and may what the bot's role allows"):
            same(self.crawler().create(service("crawled")).updatedBy, "crawler")
            refused(403, lambda: self.crawler().create(user("mallory")))
        with step("a PUT of the bot's user keeps the token"):
            again = admin.create_or_update(bot_user("crawler", displayName="The crawler"))
            same((again.id, again.displayName), (self.id, "The crawler"))
            same((again.authenticationMechanism.authType.value, again.authenticationMechanism.config), ("JWT", None))
            some(self.crawler().get_by_name(MessagingService, "crawled"))
        with step("a bot's user that does not say how it proves itself: refused"):
            refused(400, lambda: admin.create(user("silent", isBot=True)))

    def bind(self) -> None:
        """A bot for that user."""
        admin = self.admin
        with step("a bot with everything; its user is taken then"):
            said = {"description": "Crawls", "displayName": "Crawler", "domains": ["Sales"]}
            asked = CreateBot(name="crawler", botUser="crawler", **said)
            made = admin.create(asked)
            same((text(made.botUser.name), made.provider.value), ("crawler", "user"))
            same((names_of(made.domains), version_of(admin.create_or_update(asked))), (["Sales"], 0.1))
            refused(400, lambda: admin.create(CreateBot(name="second", botUser="crawler")))
            refused(400, lambda: admin.create(CreateBot(name="third", botUser="amy")))
        with step("get and list of bots always show the user"):
            same(text(Bots.retrieve_by_name("crawler").botUser.id), text(self.id))
            shown = {text(each.name): text(each.botUser.name) for each in Bots.list_all()}
            same((shown["crawler"], shown["ingestion-bot"]), ("crawler", "ingestion-bot"))
        with step("a bot that comes with the catalog stays: refused"):
            refused(400, lambda: admin.delete(Bot, Bots.retrieve_by_name("ingestion-bot").id, hard_delete=True))

    def renew(self) -> None:
        """Another token, and none."""
        admin = self.admin
        with step("get_by_id of how a bot proves itself: without the token"):
            found = some(admin.get_by_id(AuthenticationMechanism, self.id))
            same((found.authType.value, token_of(found.config)), ("JWT", None))
            found = JWTAuthMechanism.model_validate(admin.client.get(f"/users/token/{text(self.id)}"))
            same((found.JWTTokenExpiry_1.value, token_of(found)), ("30", None))
        with step("another token: the one of before works no more"):
            asked = GenerateJwtTokenRequest(JWTTokenExpiry="7").model_dump_json(by_alias=True, exclude_none=True)
            answer = admin.client.put(f"/users/generateToken/{text(self.id)}", data=asked)
            made = JWTAuthMechanism.model_validate(answer)
            same(made.JWTTokenExpiry_1.value, "7")
            refused(401, lambda: self.crawler().get_by_name(MessagingService, "crawled"))
            self.token = some(token_of(made))
            some(self.crawler().get_by_name(MessagingService, "crawled"))
        with step("the token is revoked: it works no more"):
            some(User.model_validate(admin.client.put("/users/revokeToken", json={"id": text(self.id)})))
            refused(401, lambda: self.crawler().get_by_name(MessagingService, "crawled"))

    def person(self) -> None:
        """A token of one's own."""
        admin = self.admin
        with step("a personal token: made, used, listed, revoked"):
            answer = admin.client.put("/users/security/token", json={"tokenName": "mine", "JWTTokenExpiry": "1"})
            made = PersonalAccessToken.model_validate(answer)
            mine = connect(self.scene.url, some(made.jwtToken))
            same(mine.get_by_name(User, "amy").id, self.scene.amy.id)
            rows = admin.client.get("/users/security/token")["data"]
            some([row for row in map(PersonalAccessToken.model_validate, rows) if row.tokenName == "mine"])
            admin.client.put("/users/security/token/revoke", json={"tokenIds": [text(made.token)]})
            refused(401, lambda: mine.get_by_name(User, "amy"))

    def reader(self) -> None:
        """Somebody who is nothing but a user."""
        with step("a user logs in with his password, and reads entities of every kind with every field"):
            secret = {
                "createPasswordType": "ADMIN_CREATE",
                "password": "S3cret-word!",
                "confirmPassword": "S3cret-word!",
            }
            self.admin.create(user("frank", **secret))
            said = {"email": "frank@example.com", "password": base64.b64encode(b"S3cret-word!").decode()}
            frank = connect(self.scene.url, some(self.admin.client.post("/users/login", json=said)["accessToken"]))
            for subject in SUBJECTS:
                page = frank.list_entities(subject.entity, fields=subject.fields, limit=1000)
                same(page.total, len(page.entities))
                one = some(page.entities)[0]
                same(frank.get_by_id(subject.entity, one.id, fields=["*"]).id, one.id)
            refused(403, lambda: frank.create(user("grace")))
