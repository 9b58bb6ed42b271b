"""The schemas of topics: their fields, what each is labelled with and called, and what a change of them is worth."""

from __future__ import annotations

import json

import pytest

from make import BROKER, fresh, made, make, path_of
from strict import fault

TOPICS = path_of("topic")
TAG = {"tagFQN": "Tier.Tier1"}


def record(*fields, name="R"):
    return {"name": name, "dataType": "RECORD", "children": list(fields)}


def leaf(name="id", data_type="INT", **more):
    return {"name": name, "dataType": data_type} | more


def schema(*fields, text="text", schema_type="Avro"):
    return {"schemaText": text, "schemaType": schema_type, "schemaFields": list(fields)}


def get(client, topic, query=""):
    return client.get(f"{TOPICS}/{topic['id']}{query}").json()


def fields_of(topic):
    """Every field of a topic, by its path below the topic."""
    found = {}

    def walk(fields):
        for field in fields:
            found[field["fullyQualifiedName"].removeprefix(topic["fullyQualifiedName"] + ".")] = field
            walk(field.get("children", []))

    walk(topic["messageSchema"]["schemaFields"])
    return found


def put(client, topic, *fields, **more):
    asked = make("topic", name=topic["name"], messageSchema=schema(*fields, **more))
    answer = client.put(TOPICS, json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_fields_have_names_that_begin_with_the_topics(client):
    topic = made(
        client, "topic", name="dotted.topic", messageSchema=schema(record(leaf(), leaf("a.b"), leaf('say "x"')))
    )
    assert list(fields_of(topic)) == ["R", "R.id", 'R."a.b"', 'R."say ""x"""']
    assert fields_of(get(client, topic)) == fields_of(topic)
    assert all(field["tags"] == [] for field in fields_of(topic).values())


@pytest.mark.parametrize("data_type", ["NULL", "TIMESTAMPZ", "MAP", "FIXED", "ERROR", "UNKNOWN"])
def test_each_type_of_a_field_is_kept(client, data_type):
    topic = made(client, "topic", messageSchema=schema(leaf(data_type=data_type)))
    assert fields_of(topic)["id"]["dataType"] == data_type


def test_two_fields_of_one_name_are_kept(client):
    topic = made(client, "topic", messageSchema=schema(record(leaf(), leaf())))
    assert len(topic["messageSchema"]["schemaFields"][0]["children"]) == 2


def test_fields_that_differ_in_the_case_of_their_names_alone_are_different_fields(client):
    topic = made(client, "topic", messageSchema=schema(leaf("Id", description="the old one")))
    changed = put(client, topic, leaf("id"), leaf("Id"))
    assert changed["version"] == 0.2
    shown = fields_of(get(client, topic))
    assert {path: field.get("description") for path, field in shown.items()} == {"id": None, "Id": "the old one"}


def test_a_second_field_of_one_name_is_a_change_and_so_is_its_loss(client):
    topic = made(client, "topic", messageSchema=schema(leaf(description="first")))
    assert put(client, topic, leaf(), leaf())["version"] == 0.2
    fields = get(client, topic)["messageSchema"]["schemaFields"]
    assert [field.get("description") for field in fields] == ["first", None]
    assert put(client, topic, leaf())["version"] == 1.2
    assert len(get(client, topic)["messageSchema"]["schemaFields"]) == 1


def test_a_text_like_what_stands_for_the_topics_name_stays_as_it_is(client):
    trap = '"fullyQualifiedName":"\u0001.R'
    topic = made(client, "topic", description=trap, messageSchema=schema(leaf(description=trap), text=trap))
    shown = get(client, topic)
    assert shown["description"] == trap
    assert shown["messageSchema"]["schemaText"] == trap
    assert fields_of(shown)["id"]["description"] == trap


def test_nobody_reads_anothers_schema_by_naming_its_hash(client):
    made(client, "topic", messageSchema=schema(leaf(), text="a secret schema"))
    database = client.bare.server.catalog.context.database
    hashes = [key for (key,) in database.peek(lambda tx: tx.all("SELECT hash FROM content", {}))]
    for key in hashes:
        config = {"messageSchema": f"{key}:Avro:{key}", "content": key}
        topic = made(client, "topic", topicConfig=config, description=json.dumps(config))
        assert get(client, topic)["topicConfig"] == config
        assert "a secret schema" not in client.get(f"{TOPICS}/{topic['id']}").text


# re-ingestion


def test_what_people_said_of_a_field_survives_that_a_bot_brings_the_schema_again(client, as_bot):
    topic = made(client, "topic", messageSchema=schema(record(leaf(description="ours", displayName="Id", tags=[TAG]))))
    again = put(as_bot, topic, record(leaf(description="theirs", displayName="x"), leaf("more")), text="another")
    field = fields_of(again)["R.id"]
    assert (field["description"], field["displayName"]) == ("ours", "Id")
    assert [tag["tagFQN"] for tag in field["tags"]] == ["Tier.Tier1"]
    assert again["version"] == 0.2


def test_a_bot_that_says_so_replaces_what_people_said_of_a_field(client, as_bot):
    topic = made(client, "topic", messageSchema=schema(leaf(description="ours")))
    asked = make("topic", name=topic["name"], messageSchema=schema(leaf(description="theirs")))
    as_bot.put(f"{TOPICS}/bulk?overrideMetadata=true", json=[asked])
    assert fields_of(get(client, topic))["id"]["description"] == "theirs"


def test_a_person_replaces_what_is_said_of_a_field_and_keeps_what_is_left_out(client):
    topic = made(client, "topic", messageSchema=schema(leaf(description="one", displayName="Id", tags=[TAG])))
    field = fields_of(put(client, topic, leaf(description="two")))["id"]
    assert (field["description"], field["displayName"], len(field["tags"])) == ("two", "Id", 1)


def test_how_a_type_is_displayed_follows_the_text_of_the_schema(client, as_bot):
    topic = made(client, "topic", messageSchema=schema(leaf(dataTypeDisplay="int")))
    same = put(as_bot, topic, leaf(dataTypeDisplay="integer"))
    assert fields_of(same)["id"]["dataTypeDisplay"] == "int"
    other = put(as_bot, topic, leaf(dataTypeDisplay="int32"), text="another")
    assert fields_of(other)["id"]["dataTypeDisplay"] == "int32"


@pytest.mark.parametrize("given", [None, {}, {"schemaText": "", "schemaType": "Other", "schemaFields": []}])
def test_a_put_that_says_nothing_of_the_schema_keeps_it(client, as_bot, given):
    topic = made(client, "topic", messageSchema=schema(leaf(tags=[TAG])))
    asked = make("topic", name=topic["name"], partitions=5)
    if given is not None:
        asked["messageSchema"] = given
    as_bot.put(TOPICS, json=asked)
    shown = get(client, topic)
    assert shown["messageSchema"] == topic["messageSchema"]
    assert shown["partitions"] == 5


# versions


def test_a_field_that_is_new_makes_a_version_and_one_that_is_gone_a_major_one(client):
    topic = made(client, "topic", messageSchema=schema(record(leaf())))
    more = put(client, topic, record(leaf(), leaf("b")))
    assert more["version"] == 0.2
    (added,) = more["changeDescription"]["fieldsAdded"]
    assert added["name"] == "messageSchema.schemaFields.R"
    assert json.loads(added["newValue"])[0]["fullyQualifiedName"] == f"{topic['fullyQualifiedName']}.R.b"
    gone = put(client, topic, record(leaf("b")))
    assert gone["version"] == 1.2
    assert [one["name"] for one in gone["changeDescription"]["fieldsDeleted"]] == ["messageSchema.schemaFields.R"]
    typed = put(client, topic, record(leaf("b", "LONG")))
    assert typed["version"] == 2.2


def test_order_and_case_of_names_are_no_breaking_change(client):
    topic = made(client, "topic", messageSchema=schema(leaf("a"), leaf("b")))
    assert put(client, topic, leaf("b"), leaf("A"))["version"] == 0.2
    assert put(client, topic, leaf("b"), leaf("A"))["version"] == 0.2


def test_what_is_said_of_a_field_is_told_under_its_name(client):
    topic = made(client, "topic", messageSchema=schema(record(leaf())))
    change = put(client, topic, record(leaf(description="d", tags=[TAG])))["changeDescription"]
    assert {one["name"] for one in change["fieldsAdded"]} == {
        "messageSchema.schemaFields.R.id.description",
        "messageSchema.schemaFields.R.id.tags",
    }


def test_a_breaking_patch_within_a_session_counts_from_the_sessions_start(client):
    topic = made(client, "topic", messageSchema=schema(leaf("a"), leaf("b")))
    path = f"{TOPICS}/{topic['id']}"
    client.patch(path, json=[{"op": "add", "path": "/description", "value": "d"}])
    gone = client.patch(path, json=[{"op": "remove", "path": "/messageSchema/schemaFields/1"}]).json()
    assert gone["version"] == 1.1
    versions = [json.loads(text)["version"] for text in client.get(f"{path}/versions").json()["versions"]]
    assert versions == [1.1, 0.1]


def test_a_session_that_is_undone_goes_back_to_the_version_before_it(client):
    topic = made(client, "topic", messageSchema=schema(leaf(tags=[TAG])))
    path = f"{TOPICS}/{topic['id']}"
    client.patch(path, json=[{"op": "add", "path": "/messageSchema/schemaFields/0/description", "value": "d"}])
    undone = client.patch(path, json=[{"op": "remove", "path": "/messageSchema/schemaFields/0/description"}]).json()
    assert undone["version"] == 0.1
    assert undone["messageSchema"] == topic["messageSchema"]


# labels of fields


def test_a_field_is_labelled_and_unlabelled_by_patch(client):
    topic = made(client, "topic", messageSchema=schema(record(leaf())))
    path = f"{TOPICS}/{topic['id']}"
    pointer = "/messageSchema/schemaFields/0/children/0/tags/0"
    labelled = client.patch(path, json=[{"op": "add", "path": pointer, "value": TAG}]).json()
    assert fields_of(labelled)["R.id"]["tags"][0]["tagFQN"] == "Tier.Tier1"
    assert fields_of(get(client, topic))["R.id"]["tags"] == fields_of(labelled)["R.id"]["tags"]
    assert fields_of(client.patch(path, json=[{"op": "remove", "path": pointer}]).json())["R.id"]["tags"] == []


def test_the_label_of_a_field_follows_a_rename_and_goes_with_its_tag(client):
    tag = made(client, "tag")
    topic = made(client, "topic", messageSchema=schema(leaf(tags=[{"tagFQN": tag["fullyQualifiedName"]}])))
    name = fresh("renamed")
    client.patch(f"{path_of('tag')}/{tag['id']}", json=[{"op": "replace", "path": "/name", "value": name}])
    assert fields_of(get(client, topic))["id"]["tags"][0]["name"] == name
    usage = client.get(f"{path_of('tag')}/{tag['id']}?fields=usageCount").json()["usageCount"]
    assert usage == 1
    client.delete(f"{path_of('tag')}/{tag['id']}?hardDelete=true")
    assert fields_of(get(client, topic))["id"]["tags"] == []


def test_labels_of_a_field_obey_the_rules_of_labels(client):
    both = [TAG, {"tagFQN": "Tier.Tier2"}]
    asked = make("topic", messageSchema=schema(leaf(tags=both)))
    assert "mutually exclusive" in fault(client.post(TOPICS, json=asked), 400)
    unknown = make("topic", messageSchema=schema(leaf(tags=[{"tagFQN": "Tier.None"}])))
    assert fault(client.post(TOPICS, json=unknown), 404, "ENTITY_NOT_FOUND") == "tag instance for Tier.None not found"
    apart = make("topic", messageSchema=schema(leaf("a", tags=[TAG]), leaf("b", tags=both[1:])))
    assert client.post(TOPICS, json=apart).status_code == 201


def test_labels_go_with_a_field_that_is_gone(client):
    topic = made(client, "topic", messageSchema=schema(leaf("a", tags=[TAG]), leaf("b")))
    put(client, topic, leaf("b"))
    assert fields_of(put(client, topic, leaf("a"), leaf("b")))["a"]["tags"] == []


def test_a_list_shows_the_labels_of_fields(client):
    service = made(client, "messagingService")
    made(client, "topic", service=service["name"], messageSchema=schema(leaf(tags=[TAG])))
    made(client, "topic", service=service["name"], messageSchema=schema(leaf()))
    topics = client.get(f"{TOPICS}?service={service['name']}").json()["data"]
    assert [len(fields_of(topic)["id"]["tags"]) for topic in topics] == [1, 0]


def test_a_schema_is_taken_away_by_a_patch_and_what_was_said_of_its_fields_with_it(client):
    topic = made(client, "topic", messageSchema=schema(leaf(tags=[TAG])))
    path = f"{TOPICS}/{topic['id']}"
    gone = client.patch(path, json=[{"op": "remove", "path": "/messageSchema"}]).json()
    assert "messageSchema" not in gone
    assert "messageSchema" not in get(client, topic)
    assert gone["version"] == 1.1
    assert fields_of(put(client, topic, leaf()))["id"]["tags"] == []


def test_who_may_describe_and_label_may_do_so_with_fields_but_not_change_the_schema(client, as_user):
    topic = made(client, "topic", messageSchema=schema(record(leaf())))
    path, field = f"{TOPICS}/{topic['id']}", "/messageSchema/schemaFields/0/children/0"
    for end, value in (("/description", "d"), ("/tags/0", TAG)):
        answer = as_user.patch(path, json=[{"op": "add", "path": field + end, "value": value}])
        assert answer.status_code == 200, answer.text
    for patch in (
        [{"op": "replace", "path": f"{field}/dataType", "value": "LONG"}],
        [{"op": "remove", "path": field}],
        [{"op": "add", "path": f"{field}/displayName", "value": "x"}],
        [{"op": "replace", "path": "/messageSchema/schemaText", "value": "x"}],
        [{"op": "remove", "path": "/messageSchema"}],
    ):
        assert "not allowed" in fault(as_user.patch(path, json=patch), 403, "FORBIDDEN")


# stored once


def test_the_same_schema_of_many_topics_is_stored_once_and_goes_with_the_last(client):
    database = client.bare.server.catalog.context.database

    def stored(text):
        found = database.peek(lambda tx: tx.all("SELECT doc FROM content", {}))
        return sum(text in doc for (doc,) in found)

    text = fresh("text of a schema ")
    topics = [made(client, "topic", messageSchema=schema(leaf(), text=text)) for _ in range(3)]
    put(client, topics[0], leaf(), text="other")
    assert stored(text) == 1
    for topic in topics[1:]:
        client.delete(f"{TOPICS}/{topic['id']}?hardDelete=true")
    assert stored(text) == 1  # the first had it in an earlier version
    assert client.get(f"{TOPICS}/{topics[0]['id']}/versions/0.1").json()["messageSchema"]["schemaText"] == text
    client.delete(f"{TOPICS}/{topics[0]['id']}?hardDelete=true")
    assert stored(text) == 0


def test_a_topic_may_have_only_so_many_fields(client):
    asked = make("topic", messageSchema=schema(*(leaf(f"f{n}") for n in range(20_001))))
    assert "20001 fields; a topic may have at most 20000" in fault(client.post(TOPICS, json=asked), 400)


def test_an_unusual_name_of_a_service_does_not_hurt_fields(client):
    service = made(client, "messagingService", name="back\\slash é.x")
    topic = made(client, "topic", service=service["fullyQualifiedName"], messageSchema=schema(leaf()))
    assert fields_of(get(client, topic))["id"]["fullyQualifiedName"] == f"{topic['fullyQualifiedName']}.id"
    assert topic["fullyQualifiedName"].startswith('"back\\slash é.x".')
    assert BROKER not in topic["fullyQualifiedName"]


def test_a_hard_delete_answers_with_a_large_schema_too(client):
    text = "x" * 2_000_000
    topic = made(client, "topic", messageSchema=schema(leaf(), text=text))
    answer = client.delete(f"{TOPICS}/{topic['id']}?hardDelete=true").json()
    assert answer["messageSchema"] == topic["messageSchema"]
    assert answer["service"] == topic["service"]
