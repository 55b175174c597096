"""skills.toml: what it says in order, and what is wrong with it."""

from __future__ import annotations

import pytest

from bot.flow.reader import read_flows
from bot.people.skill import FILE, read_skills
from tests.kit.shell import REPOSITORY, make_root

SOURCE = '[[source]]\ntitle = "x"\nurl = "https://a.vn"\nchecked = 2026-11-01\n'


@pytest.fixture
def read(tmp_path):
    """Reads a file in a house with the guides tea and rice, which have no quiz; gives what it says and what is wrong."""
    root = make_root(tmp_path)

    def read(text, source=SOURCE):
        (root / FILE).write_text(source + text, encoding="utf-8")
        skills, problems = read_skills(root)
        return skills, [problem.code for problem in problems]

    return read


def test_the_file_of_this_project():
    """Without faults; every guide but "about" and "emergency" is in one group, and every quiz can be passed."""
    skills, problems = read_skills(REPOSITORY)
    assert problems == []
    grouped = [guide for group in skills.groups for guide in group.guides]
    assert len(grouped) == len(set(grouped))
    flows = {name for name, flow in read_flows(REPOSITORY / "flows")[0].items() if not flow.is_piece}
    assert flows - set(grouped) == {"about", "emergency"}
    assert [kind.team for kind in skills.kinds] == [False, True]
    assert skills.kind("none") is None


def test_names_in_other_languages(read):
    """Vietnamese where there is none."""
    skills, problems = read('[groups.a]\nname = { vi = "Bếp", en = "Kitchen" }\nguides = ["tea"]\n')
    assert problems == []
    [group] = skills.groups
    assert [group.name(language) for language in ("vi", "en", "fr")] == ["Bếp", "Kitchen", "Bếp"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("groups = 5\n[other]\n", ["E004", "E005", "E006"]),
        ('[groups.a]\nname = { en = "Kitchen" }\nguides = ["tea"]\n', ["E006"]),
        ('[groups.a]\nname = { vi = "" }\nguides = ["tea"]\n', ["E005"]),
        ('[groups.a]\nname = { vi = "Bếp" }\nguides = []\n', ["E006"]),
        ('[groups.a]\nname = { vi = "Bếp" }\nguides = ["tea", "tea"]\n', ["E401"]),
        ('[groups.a]\nname = { vi = "Bếp" }\nguides = ["soup"]\n', ["E404"]),
        ('[groups.A-]\nname = { vi = "Bếp" }\nguides = ["tea"]\n', ["E008"]),
        ('[groups.a]\nname = { vi = "Bếp" }\nguides = ["tea"]\npassed = ["tea"]\n', ["E004"]),
        ('[certificates.a]\nname = { vi = "Bếp" }\npassed = ["tea"]\n', ["E404"]),
        ('[certificates.a]\nname = { vi = "Bếp" }\npassed = []\nteam = "yes"\n', ["E005", "E006"]),
    ],
)
def test_what_is_wrong_is_left_out_and_said(read, text, codes):
    """Each fault by its code; nothing faulty is used."""
    source = "" if "groups = 5" in text else SOURCE
    skills, found = read(text, source)
    assert sorted(found) == codes
    assert not skills.groups
    assert not skills.kinds


def test_without_a_file_there_is_nothing(tmp_path):
    """And nothing wrong."""
    skills, problems = read_skills(tmp_path)
    assert (skills.groups, skills.kinds, problems) == ((), (), [])
