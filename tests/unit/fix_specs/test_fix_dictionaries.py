"""What the engine does with a message under our dictionaries."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import quickfix as fix

from unit.fix_specs.dictionary_session import FIX_SPECS, DictionarySession, frame

VERSIONS = ["FIX42", "FIX44"]
NOW = "20260102-03:04:05.678"

# Design: order lifecycle, "Required tags". FIX 4.2 also requires HandlInst (21) in D and G.
REQUIRED = {
    "D": {"11": "X", "55": "BTC/USDT", "54": "1", "60": NOW, "40": "2"},
    "F": {"41": "X", "11": "Y", "55": "BTC/USDT", "54": "1", "60": NOW},
    "G": {"41": "X", "11": "Y", "55": "BTC/USDT", "54": "1", "60": NOW, "40": "2"},
    "H": {"11": "X", "55": "BTC/USDT", "54": "1"},
    "q": {"11": "X", "530": "7", "60": NOW},
    "AF": {"584": "S", "585": "7"},
    "AN": {"710": "P", "724": "0"},
}
REQUIRED_OF_REPORTS = {
    "8": {"37", "17", "150", "39", "55", "54", "151", "14", "6"},
    "9": {"37", "11", "41", "39", "434"},
    "j": {"372", "380"},
    "3": {"45"},
}
ORDER_TYPES = {
    "market": "40=1",
    "limit": "40=2|44=50000.5",
    "stop": "40=3|99=49000",
    "stop limit": "40=4|44=50000|99=49000",
}
TIMES_IN_FORCE = ["59=0", "59=1", "59=3", "59=4", f"59=6|126={NOW}", "59=6|432=20261231"]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(version: str, tmp_path: Path) -> DictionarySession:
    return DictionarySession(version, tmp_path).log_on()


def required(version: str, msg_type: str) -> dict[str, str]:
    """Tag and a value for every tag that the message must have."""
    more = {"21": "1"} if version == "FIX42" and msg_type in "DG" else {}
    return REQUIRED[msg_type] | more


def body(tags: dict[str, str]) -> str:
    return "|".join(f"{tag}={value}" for tag, value in tags.items())


def root(version: str) -> ET.Element:
    return ET.parse(FIX_SPECS / f"{version}.xml").getroot()  # noqa: S314 - our own file


def test_the_engine_loads_the_dictionary(version: str) -> None:
    loaded = fix.DataDictionary(str(FIX_SPECS / f"{version}.xml"))

    assert loaded.getVersion() == f"FIX.4.{version[-1]}"


def test_the_dictionary_is_small_because_every_session_holds_a_copy(version: str) -> None:
    assert (FIX_SPECS / f"{version}.xml").stat().st_size < 150_000


def test_no_field_is_of_a_type_whose_length_the_engine_trusts(version: str) -> None:
    types = {each.get("type") for each in root(version).iterfind("fields/field")}

    assert not types & {"DATA", "XMLDATA"}


@pytest.mark.parametrize("hostile", ["95=-5|96=x", "95=100000000|96=x", "212=100000000|213=x"])
def test_a_hostile_length_before_logon_is_only_text(
    version: str, tmp_path: Path, hostile: str
) -> None:
    """With the standard dictionary each of these ends the process."""
    session = DictionarySession(version, tmp_path)
    header, inside = (hostile, "") if hostile.startswith("212") else ("", "|" + hostile)

    answers, _ = session.send("A", f"{header}|98=0|108=30{inside}".lstrip("|"))

    assert [each["35"] for each in answers] == ["A"]


@pytest.mark.parametrize("msg_type", list(REQUIRED))
def test_a_message_with_only_its_required_tags_is_handed_on(
    session: DictionarySession, version: str, msg_type: str
) -> None:
    answers, handed_on = session.send(msg_type, body(required(version, msg_type)))

    assert (answers, [each["35"] for each in handed_on]) == ([], [msg_type])


@pytest.mark.parametrize("msg_type", list(REQUIRED))
def test_a_message_without_a_required_tag_is_rejected_with_that_tag(
    session: DictionarySession, version: str, msg_type: str
) -> None:
    tags = required(version, msg_type)
    for missing in tags:
        answers, handed_on = session.send(
            msg_type, body({tag: value for tag, value in tags.items() if tag != missing})
        )

        assert not handed_on
        assert rejects(answers) == [("1", missing, msg_type)]


def test_reports_require_what_the_standard_requires(version: str) -> None:
    extra = {"20"} if version == "FIX42" else set()  # ExecTransType, in 35=8 of FIX 4.2 only

    for msg_type, tags in REQUIRED_OF_REPORTS.items():
        found = required_tags(root(version), msg_type)
        assert found == tags | (extra if msg_type == "8" else set()), msg_type


@pytest.mark.parametrize("kind", list(ORDER_TYPES))
@pytest.mark.parametrize("time_in_force", TIMES_IN_FORCE)
def test_an_order_of_each_type_and_time_in_force_is_handed_on(
    session: DictionarySession, version: str, kind: str, time_in_force: str
) -> None:
    base = body({tag: value for tag, value in required(version, "D").items() if tag != "40"})

    answers, handed_on = session.send("D", f"{base}|{ORDER_TYPES[kind]}|38=0.5|{time_in_force}")

    assert not answers
    assert len(handed_on) == 1


@pytest.mark.parametrize(
    "tags",
    [
        "38=1|18=6",
        "38=1|18=6 Q",
        "38=1|18=H",
        "152=100",
        "38=1|100=SIM|207=SIM|1=DEMO|58=text",
        "38=1|110=0.1|111=0.1|211=0.5|77=C|526=second",
        "38=1|847=1001|7928=N",
        "38=1|20001=5|20002=I|20003=49000|20004=51000|77=O",
        "38=1|78=1|79=DEMO|80=1",
    ],
)
@pytest.mark.parametrize("msg_type", ["D", "G"])
def test_orders_and_replaces_may_carry_our_tags(
    session: DictionarySession, version: str, msg_type: str, tags: str
) -> None:
    answers, handed_on = session.send(msg_type, f"{body(required(version, msg_type))}|{tags}")

    assert not answers
    assert len(handed_on) == 1


@pytest.mark.parametrize(
    ("version", "who"),
    [("FIX42", "109=CLIENT|76=BROKER"), ("FIX44", "453=1|448=CLIENT|447=D|452=3")],
)
def test_an_order_names_its_parties_as_its_version_does(
    session: DictionarySession, version: str, who: str
) -> None:
    answers, handed_on = session.send("D", f"{body(required(version, 'D'))}|38=1|{who}")

    assert not answers
    assert len(handed_on) == 1


@pytest.mark.parametrize(
    "tags", ["553=demo|554=secret", "8013=Y", "8674=N", "9001=Y", "141=N", "95=3|96=abc"]
)
def test_a_logon_may_carry_our_tags(version: str, tmp_path: Path, tags: str) -> None:
    answers, _ = DictionarySession(version, tmp_path).send("A", f"98=0|108=30|{tags}")

    assert [each["35"] for each in answers] == ["A"]


@pytest.mark.parametrize("version", ["FIX44"])
def test_a_logon_of_fix_44_may_name_the_next_expected_number(version: str, tmp_path: Path) -> None:
    answers, _ = DictionarySession(version, tmp_path).send("A", "98=0|108=30|789=1")

    assert [each["35"] for each in answers] == ["A"]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("4999=1", ("0", "4999")),  # no such tag
        ("5000=1", ("0", "5000")),  # no such tag, in the user range
        ("25000=1", ("0", "25000")),
        ("8013=Y", ("2", "8013")),  # ours, but of another message
        ("58=", ("4", "58")),
        ("59=Z", ("5", "59")),
        ("18=6 !", ("5", "18")),
        ("44=NaN", ("6", "44")),
        ("44=1e999", ("6", "44")),
        ("44=+5", ("6", "44")),
        ("126=tomorrow", ("6", "126")),
        ("20001=five", ("6", "20001")),
    ],
)
def test_the_engine_rejects_a_field_it_can_judge(
    session: DictionarySession, version: str, change: str, answer: tuple[str, str]
) -> None:
    answers, handed_on = session.send("D", f"{body(required(version, 'D'))}|38=1|{change}")

    assert not handed_on
    assert rejects(answers) == [(*answer, "D")]


@pytest.mark.parametrize(
    "change",
    [
        "38=-1",
        "38=0",
        "38=5.",
        f"38={'9' * 40}",
        "38=1\x00x",  # the engine stops reading a number at a NUL
        "11=X\x00",
        "55= ",
        "40=P",  # in the standard, not supported
        "54=8",
        "59=2",
        "110=2",
        "432=20261399",  # a date is any text to the engine
        "126=20260231-00:00:00",  # days are counted to 31 in every month
        "126=00000101-00:00:00",
        "126=20261231-23:59:60",
        "78=1|79=DEMO|80=many",  # nothing inside a repeating group is judged
        "78=1|79=|80=1",
        "354=-3|355=abc",  # DATA is STRING: no length is looked at
        "355=abc",
    ],
)
def test_the_engine_hands_on_what_our_codec_must_judge(
    session: DictionarySession, version: str, change: str
) -> None:
    """Listed so that an engine that learns to judge one of them is noticed."""
    tag = change.split("=", 1)[0]
    base = {key: value for key, value in required(version, "D").items() if key != tag}

    answers, handed_on = session.send("D", f"{body(base)}|{change}")

    assert not answers
    assert len(handed_on) == 1


@pytest.mark.parametrize("fault", ["98=0|108=30|9999=1", "108=30", "98=0", "98=0|108=x"])
def test_a_logon_that_the_dictionary_refuses_is_not_answered(
    version: str, tmp_path: Path, fault: str
) -> None:
    """The engine says nothing and waits: the door has to close the connection."""
    session = DictionarySession(version, tmp_path)

    answers, _ = session.send("A", fault)

    assert not answers
    assert not session.session.receivedLogon()


def test_the_engine_takes_an_encryption_that_nobody_offers(version: str, tmp_path: Path) -> None:
    """So the door has to look at EncryptMethod (98)."""
    answers, _ = DictionarySession(version, tmp_path).send("A", "98=1|108=30")

    assert [each["35"] for each in answers] == ["A"]


@pytest.mark.parametrize(("version", "reason"), [("FIX42", None), ("FIX44", "13")])
def test_a_tag_that_appears_twice_is_rejected(
    session: DictionarySession, version: str, reason: str | None
) -> None:
    """FIX 4.2 has no number for this reason."""
    answers, _ = session.send("D", f"{body(required(version, 'D'))}|58=a|58=b")

    assert [(each["35"], each["371"], each.get("373")) for each in answers] == [("3", "58", reason)]


@pytest.mark.parametrize("version", ["FIX44"])
@pytest.mark.parametrize("group", ["453=2|448=A|447=D|452=3", "453=1|447=D|448=A", "453=-1"])
def test_a_group_with_a_wrong_count_or_order_is_rejected(
    session: DictionarySession, version: str, group: str
) -> None:
    answers, _ = session.send("D", f"{body(required(version, 'D'))}|{group}")

    assert rejects(answers) == [("16", "453", "D")]


def test_a_type_that_does_not_exist_is_an_invalid_msg_type(session: DictionarySession) -> None:
    answers, handed_on = session.send("ZZ", "58=x")

    assert not handed_on
    assert [(each["35"], each["373"], each["372"]) for each in answers] == [("3", "11", "ZZ")]


def test_a_known_type_that_is_not_supported_is_handed_on_without_its_body(
    session: DictionarySession, version: str
) -> None:
    """The door takes the body off, so that our codec can answer 35=j with 380=3."""
    for msg_type in types_without_fields(root(version)):
        answers, handed_on = session.send(msg_type, "")

        assert not answers
        assert [each["35"] for each in handed_on] == [msg_type]


def test_a_known_type_that_is_not_supported_would_be_rejected_with_its_body(
    session: DictionarySession,
) -> None:
    """Why the door takes the body off: the engine has no other way to let the type through."""
    answers, handed_on = session.send("7", "2=1|5=N|55=BTC/USDT|4=B|53=1")

    assert not handed_on
    assert [each["35"] for each in answers] == ["3"]


REPORT = (
    f"37=O1|11=X|41=W|526=second|17=E1|150=0|39=0|1=DEMO|55=BTC/USDT|207=SIM|54=1|38=1|40=4|44=2"
    f"|99=3|15=USDT|59=6|126={NOW}|18=6 Q|100=SIM|32=0.5|31=2|30=SIM|151=0.5|14=0.5|6=2|60={NOW}"
    "|21=1|77=O|110=0.1|111=0.1|211=0.5|12=0.01|13=3|479=BNB|58=text|851=1|880=T1|847=1001|7928=N|20001=5"
    "|20002=I|20003=1|20004=9|636=Y|584=S|911=1|912=Y|198=V1|378=5|103=99|19=E0"
)


@pytest.mark.parametrize(
    ("version", "rest"),
    [
        ("FIX42", "20=0|109=CLIENT|76=BROKER|150=L|39=A"),
        ("FIX42", "20=0|150=1"),
        ("FIX44", "453=1|448=CLIENT|447=D|452=3|790=S1|150=I"),
        ("FIX44", "136=1|137=0.01|138=BNB|139=7|150=F"),
        ("FIX44", "150=L"),
        ("FIX44", "432=20261231|150=G"),
    ],
)
def test_an_execution_report_with_everything_it_may_echo_is_valid(
    session: DictionarySession, rest: str
) -> None:
    own = {each.split("=", 1)[0] for each in rest.split("|")}
    common = [each for each in REPORT.split("|") if each.split("=", 1)[0] not in own]

    answers, handed_on = session.send("8", "|".join(common) + "|" + rest)

    assert not answers
    assert len(handed_on) == 1


@pytest.mark.parametrize("reason", ["0", "1", "2", "3", "6", "99"])
def test_an_order_cancel_reject_is_valid(session: DictionarySession, reason: str) -> None:
    text = f"37=NONE|11=Y|41=X|39=8|434=2|102={reason}|60={NOW}|58=text|1=DEMO"

    answers, handed_on = session.send("9", text)

    assert not answers
    assert len(handed_on) == 1


def test_a_field_has_one_number_and_every_number_one_field(version: str) -> None:
    numbers = [each.get("number") for each in root(version).iterfind("fields/field")]

    assert len(numbers) == len(set(numbers))


def test_frames_are_counted_as_fix_counts_them() -> None:
    assert frame("FIX.4.2", "35=0|").startswith("8=FIX.4.2\x019=5\x0135=0\x0110=")


def rejects(answers: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """SessionRejectReason, RefTagID and RefMsgType of each answer, all of them Rejects."""
    assert {each["35"] for each in answers} <= {"3"}
    return [(each["373"], each["371"], each["372"]) for each in answers]


def types_without_fields(dictionary: ET.Element) -> list[str]:
    return [
        each.attrib["msgtype"] for each in dictionary.iterfind("messages/message") if not len(each)
    ]


def required_tags(dictionary: ET.Element, msg_type: str) -> set[str]:
    """The tags a message requires, those in a required component included."""
    numbers = {
        each.get("name"): each.attrib["number"] for each in dictionary.iterfind("fields/field")
    }
    parts = {each.get("name"): each for each in dictionary.iterfind("components/component")}
    message = next(
        each for each in dictionary.iterfind("messages/message") if each.get("msgtype") == msg_type
    )
    nodes = [each for each in message if each.get("required") == "Y"]
    inside = [
        field for node in nodes if node.tag == "component" for field in parts[node.get("name")]
    ]
    return {
        numbers[each.get("name")]
        for each in [*nodes, *inside]
        if each.tag == "field" and each.get("required") == "Y"
    }
