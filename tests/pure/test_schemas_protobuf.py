"""Protobuf files as fields: what OpenMetadata's client finds in them, and what it loses."""

from __future__ import annotations

import pytest

from brokerbook.schemas import fields_of
from pure_schemas import read, tree


def of(body: str, more: str = "") -> str:
    """What a message with those fields looks like."""
    first, *lines = read("Protobuf", f'syntax = "proto3"; message Orders {{ {body} }} {more}').split("\n")
    assert first in {"Orders RECORD", "Orders RECORD ()"}
    return "\n".join(line[2:] for line in lines)


def test_repeated_fields_maps_choices_and_messages_are_told():
    text = (
        'syntax = "proto3"; message M { repeated string tags=1; map<string,int32> m=2; '
        "oneof pay { string card=3; Cash cash=4; } message Cash { int64 cents=1; } }"
    )
    assert read("Protobuf", text) == tree("""
        M RECORD
          tags STRING [repeated string]
          m RECORD [map<string,int32>]
            key STRING [string]
            value INT [int32]
          card STRING [string] "One of pay."
          cash RECORD [Cash] "One of pay."
            cents INT [int64]
    """)


NAMED_AFTER_THE_TOPIC = (
    'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { string x=1; } '
    "message Orders { A a=1; google.protobuf.Timestamp at=2; }"
)


def test_the_root_is_the_message_that_is_named_like_the_topic():
    assert read("Protobuf", NAMED_AFTER_THE_TOPIC, topic="orders") == tree("""
        Orders RECORD
          a RECORD [A]
            x STRING [string]
          at RECORD [google.protobuf.Timestamp]
            seconds INT [int64]
            nanos INT [int32]
    """)


def test_without_a_message_named_like_the_topic_nothing_is_guessed():
    assert fields_of("Protobuf", NAMED_AFTER_THE_TOPIC, topic="events") == (
        [],
        "The schema could not be read as Protobuf: none of its messages (A, Orders) is named Events, as the topic asks for.",
    )


@pytest.mark.parametrize(
    ("topic", "message"),
    [("my_event", "MyEvent"), ("orders", "Orders"), ("myEvent", "Myevent"), ("a_b2c", "AB2C"), ("a__b", "AB")],
)
def test_a_topic_is_camelised_to_find_its_message(topic: str, message: str):
    assert read("Protobuf", f"message Other {{}} message {message} {{}}", topic=topic) == f"{message} RECORD ()"


def test_only_underscores_part_the_words_of_a_topic():
    assert read("Protobuf", "message Other {} message MyEvent {}", topic="my-event") == ""


def test_the_only_message_is_the_root_whatever_the_topic_is_called():
    assert read("Protobuf", "enum E { Z = 0; } message Only { message Inner {} }", topic="x.y") == "Only RECORD ()"


SCALARS = {
    "INT": ["int32", "int64", "uint32", "uint64", "sint32", "sint64"],
    "FIXED": ["fixed32", "fixed64", "sfixed32", "sfixed64"],
    "FLOAT": ["float"],
    "DOUBLE": ["double"],
    "BOOLEAN": ["bool"],
    "STRING": ["string"],
    "BYTES": ["bytes"],
}


@pytest.mark.parametrize(("name", "data_type"), [(name, kind) for kind, names in SCALARS.items() for name in names])
def test_a_scalar_has_a_data_type_and_is_displayed_as_it_is_written(name: str, data_type: str):
    assert of(f"{name} f = 1;") == f"f {data_type} [{name}]"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("optional string f = 1;", "f STRING [string]"),
        ("string f = 1 [deprecated = true, (a.b) = { c: [1, 2] d: '];' }];", "f STRING [string]"),
        ("string f = 0x10;", "f STRING [string]"),
        ("repeated E f = 1; enum E { Z = 0; N = -1 [deprecated = true]; }", 'f ENUM [repeated E] "Values: Z, N."'),
        ("enum E { option allow_alias = true; Z = 0; reserved 2, 4 to 9; reserved 'Q'; } E f = 1;", 'f ENUM [E] "Values: Z."'),
        ("repeated google.protobuf.Any f = 1;", tree("""
            f RECORD [repeated google.protobuf.Any]
              type_url STRING [string]
              value BYTES [bytes]
        """)),
        ("reserved 2; reserved 'x', 'y'; extensions 100 to max; option deprecated = true; ; string f = 1;", "f STRING [string]"),
        ("message Inner { string x = 1; } repeated Inner f = 1;", "f RECORD [repeated Inner]\n  x STRING [string]"),
        ("string message = 1; string enum = 2;", "message STRING [string]\nenum STRING [string]"),
        ("string map = 1; string group = 2; string option = 3; string repeated = 4;", tree("""
            map STRING [string]
            group STRING [string]
            option STRING [string]
            repeated STRING [string]
        """)),
        ("google . protobuf . StringValue f = 1;", "f RECORD [google.protobuf.StringValue]\n  value STRING [string]"),
        ("Empty f = 1; message Empty {}", "f RECORD [Empty] ()"),
    ],
)  # fmt: skip
def test_fields_are_read_as_they_may_be_written(field: str, expected: str):
    assert of(field) == expected


@pytest.mark.parametrize(
    "top",
    [
        "import public 'other.proto';",
        'option java_package = "a;b}";',
        'option (x) = { a: { b: 1 } c: "}" };',
        'service S { rpc A(Orders) returns (stream Orders) { option (x) = "}"; } rpc B(Orders) returns (Orders); }',
        "extend google.protobuf.FieldOptions { string note = 50000; }",
        "enum Top { Z = 0; }",
        "package a.b;",
        "// a comment }\n/* another { */",
        ";",
    ],
)
def test_what_tells_of_no_field_is_stepped_over(top: str):
    assert of("string f = 1;", top) == "f STRING [string]"


def test_a_group_is_a_union_with_its_fields_below():
    text = """syntax = "proto2"; message M {
        optional group Result = 1 { required string url = 1; }
        oneof pay { group Card = 2 { optional int32 n = 1; } }
        repeated group Lines = 3 [deprecated = true] {}
    }"""
    assert read("Protobuf", text) == tree("""
        M RECORD
          result UNION [Result]
            url STRING [string]
          card UNION [Card] "One of pay."
            n INT [int32]
          lines UNION [repeated Lines] ()
    """)


def test_a_message_that_is_written_like_a_group_is_a_union():
    a = "message A { string x = 1; }"
    for_one = f'edition = "2023"; message M {{ A a = 1 [features.message_encoding = DELIMITED]; A b = 2; {a} }}'
    for_all = f"""edition = "2023"; option features = {{ message_encoding: DELIMITED }};
        message M {{ A a = 1; A b = 2 [features.message_encoding = LENGTH_PREFIXED]; map<string, A> c = 3; {a} }}"""
    assert read("Protobuf", for_one) == tree("""
        M RECORD
          a UNION [A]
            x STRING [string]
          b RECORD [A]
            x STRING [string]
    """)
    assert read("Protobuf", for_all).startswith("M RECORD\n  a UNION [A]\n    x STRING [string]\n  b RECORD [A]")
    assert "value RECORD [A]" in read("Protobuf", for_all)


def test_messages_of_newer_editions_say_who_may_see_them():
    text = (
        'edition = "2024"; export message Orders { local message I { string x = 1; } I i = 1; } local enum E { Z = 0; }'
    )
    assert read("Protobuf", text) == "Orders RECORD\n  i RECORD [I]\n    x STRING [string]"


def test_names_are_looked_up_from_the_inside_out():
    text = """syntax = "proto3"; package a.b;
    message B { string outer = 1; }
    message Orders { B p = 1; b.B q = 2; a.b.B r = 3; .a.b.B s = 4; .B t = 5; message B { int32 own = 1; } }"""
    assert read("Protobuf", text) == tree("""
        Orders RECORD
          p RECORD [B]
            own INT [int32]
          q RECORD [b.B]
            outer STRING [string]
          r RECORD [a.b.B]
            outer STRING [string]
          s RECORD [.a.b.B]
            outer STRING [string]
          t UNKNOWN [.B]
    """)


def test_what_is_declared_elsewhere_is_unknown_and_told():
    parsed = fields_of("Protobuf", 'import "x.proto"; message M { x.Money a = 1; x.Money b = 2; }', topic="t")
    assert [field["dataType"] for field in parsed.fields[0]["children"]] == ["UNKNOWN", "UNKNOWN"]
    assert parsed.note == "Not defined in the text: x.Money."


def test_the_texts_own_declarations_come_before_the_well_known_ones():
    text = (
        "package google.protobuf; message Timestamp { string own = 1; } message Orders { Timestamp a = 1; Any b = 2; }"
    )
    assert read("Protobuf", text) == tree("""
        Orders RECORD
          a RECORD [Timestamp]
            own STRING [string]
          b RECORD [Any]
            type_url STRING [string]
            value BYTES [bytes]
    """)


@pytest.mark.parametrize(
    "name",
    [
        "Any", "Api", "BoolValue", "BytesValue", "DoubleValue", "Duration", "Empty", "Enum", "Field", "FieldMask",
        "FileDescriptorSet", "FloatValue", "Int32Value", "Int64Value", "ListValue", "Method", "Mixin", "Option",
        "SourceContext", "StringValue", "Struct", "Timestamp", "Type", "UInt32Value", "UInt64Value", "Value",
    ],
)  # fmt: skip
def test_the_types_of_google_protobuf_are_known(name: str):
    assert of(f"google.protobuf.{name} f = 1;").startswith(f"f RECORD [google.protobuf.{name}]")


def test_a_recursion_is_cut_where_it_begins_and_told():
    text = "message Node { repeated Node next = 1; map<string, Node> more = 2; string z = 3; }"
    assert read("Protobuf", text) == tree("""
        Node RECORD
          next RECORD [repeated Node] "Recursive: as Node above."
          more RECORD [map<string,Node>]
            key STRING [string]
            value RECORD [Node] "Recursive: as Node above."
          z STRING [string]
    """)
    assert fields_of("Protobuf", text, topic="t").note == "Recursion is cut at Node.next, Node.more.value."


def test_comments_beside_a_declaration_describe_it():
    text = """
    // Copyright

    /**
     * An order.
     *
     * Of a customer.
     */
    message Order {
      // The key.
      // Never reused.
      int64 id = 1; // unique
      // about nothing

      string a = 2;  /* behind */
      string b = 3;
      /// before
      oneof pay { // how
        string card = 4; // last four digits
      }
    }
    """
    assert read("Protobuf", text) == tree("""
        Order RECORD "An order.||Of a customer."
          id INT [int64] "The key.|Never reused.|unique"
          a STRING [string] "behind"
          b STRING [string]
          card STRING [string] "last four digits||One of pay."
    """)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("enum E { Z = 0; }", "it declares no message."),
        ('syntax = "proto3";', "it declares no message."),
        ("message M { string a }", "line 1: expected =, found }."),
        ("message M {\n\n string = 1; }", "line 3: expected a name, found =."),
        ("message M {", "line 1: expected a name, found the end."),
        ("message M { string a = 1", "line 1: expected ;, found the end."),
        ("message 5 {}", "line 1: expected a name, found 5."),
        ("\n{}", "line 2: expected ;, found {."),
        ("message M { string a = 1; } #", "line 1: '#' is not expected."),
        ("/* never closed", "line 1: '/' is not expected."),
        ('option x = "never closed', "line 1: '\"' is not expected."),
        ("option x = { a: 1;", "line 1: expected ;, found the end."),
        ("message M { map<string> a = 1; }", "line 1: expected ,, found >."),
        ("message M { " * 100, "line 1: messages are nested more than 60 deep."),
        ("package " + "a." * 100 + "a;", "line 1: a package's name has at most 60 parts."),
    ],
)
def test_what_is_no_protobuf_has_no_fields_and_the_note_says_why(text: str, why: str):
    assert fields_of("Protobuf", text, topic="t") == ([], f"The schema could not be read as Protobuf: {why}")


def test_a_byte_order_mark_is_no_fault():
    assert read("Protobuf", "\ufeffmessage M {}") == "M RECORD ()"
