"""Repeating groups, read and written."""

import pytest

from fixgate.adapters.fix.groups import GroupBroken, Layout, read, written

PARTIES = Layout(
    first="448",
    members=frozenset(("448", "447", "452", "802")),
    nested={"802": Layout(first="523", members=frozenset(("523", "803")))},
)


def entries(text: str) -> object:
    pairs = [(tag, value) for tag, _, value in (each.partition("=") for each in text.split("|"))]
    return [
        (entry.fields, {tag: [one.fields for one in more] for tag, more in entry.groups.items()})
        for entry in read(pairs, "453", PARTIES)
    ]


def test_the_entries_of_a_group_are_kept_apart() -> None:
    assert entries("11=X|453=2|448=A|447=D|448=B|452=3|54=1") == [
        ({"448": "A", "447": "D"}, {}),
        ({"448": "B", "452": "3"}, {}),
    ]


def test_a_group_inside_a_group_belongs_to_its_entry() -> None:
    assert entries("453=2|448=A|802=2|523=a|803=1|523=b|448=B|58=x") == [
        ({"448": "A", "802": "2"}, {"802": [{"523": "a", "803": "1"}, {"523": "b"}]}),
        ({"448": "B"}, {}),
    ]


def test_a_group_that_is_not_there_has_no_entries() -> None:
    assert entries("11=X|448=A") == []
    assert entries("453=0|11=X") == []


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("453=2|448=A|54=1", "453"),
        ("453=1|448=A|448=B", "453"),
        ("453=many|448=A", "453"),
        ("453=-1|448=A", "453"),
        ("453=1|447=D|448=A", "453"),
        ("453=1|448=A|447=D|447=D", "447"),
        ("453=1|448=A|802=2|523=a|54=1", "802"),
        ("453=99999999999|448=A", "453"),
    ],
)
def test_a_group_of_another_form_is_refused_with_its_tag(text: str, tag: str) -> None:
    with pytest.raises(GroupBroken) as broken:
        entries(text)
    assert broken.value.tag == tag


def test_a_group_is_written_behind_its_count() -> None:
    text = written([[(41, "A"), (535, "O1")], [(41, "B")]])

    assert text == "2\x0141=A\x01535=O1\x0141=B"
