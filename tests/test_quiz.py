"""A quiz: what is said of an answer, the score, who passes, what is private, and what an edit leaves in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from bot.engine import path
from bot.engine.effect import Note, Record, Show
from bot.engine.event import Picked, Started, TimeCame, WentBack, local_day
from bot.engine.quiz import Score, score
from bot.engine.replay import replay
from bot.engine.session import Session, Visit
from bot.engine.turn import Turn, take_turn
from bot.flow.check import check
from bot.flow.check.ways import targets
from bot.flow.drawing import edges, mermaid
from bot.flow.link import link
from bot.flow.model import Flow, Kind
from bot.flow.reader import read_flows
from bot.wording.library import Address, Language, Library
from bot.wording.render import Speaker
from bot.wording.speech import Lexicon
from tests.flow.examples import TODAY, complete
from tests.kit.clock import DAY, MINUTE, MORNING
from tests.kit.flows import Plan, flow_of, linked, plans
from tests.kit.walker import Move, moves, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent

QUIZ = """
start = "act"
pass = 2
[steps.act]
do = true
next = "try_quiz"
[steps.try_quiz]
ask = "choice"
go = { begin = "one", later = "over" }
[steps.one]
ask = "quiz"
right = ["b"]
go = { a = "two", b = "two", c = "two" }
[steps.two]
ask = "quiz"
right = ["a", "c"]
go = { a = "three", b = "three", c = "three" }
[steps.three]
ask = "quiz"
right = ["a"]
go = { a = "fork", b = "fork" }
silence = { after = "1 day", to = "over" }
[[steps.fork.branch]]
when = 'passed == "no"'
to = "once_more"
[[steps.fork.branch]]
to = "praise"
[steps.once_more]
ask = "choice"
go = { begin = "one", later = "over" }
[steps.praise]
say = true
next = "tidy"
[steps.tidy]
do = true
next = "over"
[steps.over]
end = "done"
"""


@pytest.fixture
def flow() -> Flow:
    """A guide with an action, a quiz of three questions of which two must be right, and an action for who passed."""
    return flow_of(QUIZ)


def turns(flow: Flow, answers: Sequence[str]) -> list[Turn]:
    """A person who gives these answers, one a minute; "<" goes back."""
    at = MORNING
    done = [take_turn(flow, None, Started(at))]
    for answer in answers:
        at += MINUTE
        session = done[-1].session
        event = WentBack(at, session.step) if answer == "<" else Picked(at, session.step, answer)
        done.append(take_turn(flow, session, event))
    return done


def after(flow: Flow, *answers: str) -> Session:
    """Where that person stands."""
    return turns(flow, ("done", "begin", *answers))[-1].session


@pytest.mark.parametrize(("answer", "piece"), [("b", "right"), ("a", "why_a"), ("c", "why_c")])
def test_an_answer_is_spoken_of_before_the_next_question(flow: Flow, answer: str, piece: str) -> None:
    """Right or wrong is said in the words of the question that was answered; then the next one is asked."""
    effects = turns(flow, ("done", "begin", answer))[-1].effects
    assert effects[0] == Record("one", answer)
    assert [effect for effect in effects if isinstance(effect, Show)] == [
        Show("one", piece),
        Show("two", offers=("a", "b", "c", "back", "again")),
    ]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), Score(0, 0, passed=False)),
        (("a",), Score(0, 1, passed=False)),
        (("b",), Score(1, 1, passed=False)),
        (("b", "a"), Score(2, 2, passed=True)),
        (("b", "c", "b"), Score(2, 3, passed=True)),
        (("b", "c", "a"), Score(3, 3, passed=True)),
        (("a", "b", "b"), Score(0, 3, passed=False)),
    ],
)
def test_the_score_is_counted_from_the_answers(flow: Flow, answers: tuple[str, ...], expected: Score) -> None:
    """So many right of so many answered; several answers of a question may be right."""
    assert score(flow, after(flow, *answers)) == expected


def test_a_guide_without_a_quiz_has_no_score() -> None:
    """Zeros, and nobody passes what is not asked."""
    plain = flow_of('start = "a"\n[steps.a]\ndo = true\nnext = "z"\n[steps.z]\nend = "done"\n')
    assert score(plain, turns(plain, ("done",))[-1].session) == Score(0, 0, passed=False)


def test_going_back_takes_the_answer_out_of_the_score(flow: Flow) -> None:
    """What is answered anew counts as it is answered then."""
    assert score(flow, after(flow, "a", "a")) == Score(1, 2, passed=False)
    assert score(flow, after(flow, "a", "a", "<", "<")) == Score(0, 0, passed=False)
    assert score(flow, after(flow, "a", "a", "<", "<", "b", "a")) == Score(2, 2, passed=True)


@pytest.mark.parametrize(
    ("answers", "step"), [(("b", "a", "b"), "tidy"), (("b", "b", "b"), "once_more"), (("a", "b", "a"), "once_more")]
)
def test_who_passed_goes_on_and_who_has_not_is_led_aside(flow: Flow, answers: tuple[str, ...], step: str) -> None:
    """The branch sees the score with the answer that was just given."""
    assert after(flow, *answers).step == step


def test_asked_again_the_newest_answers_count(flow: Flow) -> None:
    """A second round replaces the first one answer by answer, for the better and for the worse."""
    second = after(flow, "b", "b", "b", "begin", "a")
    assert score(flow, second) == Score(0, 3, passed=False)
    assert after(flow, "b", "b", "b", "begin", "b", "c", "b").step == "tidy"


def test_a_condition_may_ask_for_the_number() -> None:
    """Nobody who has answered nothing, or all wrongly, is missing from a condition: their score is 0."""
    text = QUIZ.replace("'passed == \"no\"'", "'score < 1'")
    counted = flow_of(text)
    assert after(counted, "a", "b", "b").step == "once_more"
    assert after(counted, "b", "b", "b").step == "tidy"


def test_a_silence_is_no_answer(flow: Flow) -> None:
    """Who says nothing is neither right nor wrong, and hears nothing about it."""
    session = after(flow, "b", "a")
    turn = take_turn(flow, session, TimeCame(session.since + 2 * DAY, "three"))
    assert turn.session.finished
    assert score(flow, turn.session) == Score(2, 2, passed=True)
    assert all(effect.step == "over" for effect in turn.effects if isinstance(effect, Show))


def test_the_journal_learns_the_score_and_no_answer(flow: Flow) -> None:
    """Neither what was chosen nor whether that one was right; at the end, how many of how many."""
    told = [turn.effects for turn in turns(flow, ("done", "begin", "b", "b", "a", "done"))]
    notes = [effect for effects in told for effect in effects if isinstance(effect, Note)]
    assert [note for note in notes if note.step in {"one", "two", "three"}] == [
        Note("answered", "one"),
        Note("answered", "two"),
        Note("answered", "three"),
    ]
    assert notes[-2:] == [Note("scored", "over", "2/3"), Note("ended", "over", "done")]


def test_who_did_without_the_quiz_is_not_scored(flow: Flow) -> None:
    """A skipped quiz leaves no line behind."""
    last = turns(flow, ("done", "later"))[-1]
    assert last.session.finished
    assert not [effect for effect in last.effects if isinstance(effect, Note) and effect.what == "scored"]


def test_the_session_keeps_visits_and_no_score(flow: Flow) -> None:
    """The score cannot disagree with the answers, for it is stored nowhere."""
    stored = after(flow, "b").to_json()
    assert set(stored) == set(Session("", "", "", 0).to_json())
    assert [step for step, *_ in stored["visits"]] == ["act", "try_quiz", "one"]


def test_no_link_opens_a_guide_behind_its_quiz(flow: Flow) -> None:
    """Nobody passes by tapping a forwarded link: it opens the guide where it begins."""
    assert take_turn(flow, None, Started(MORNING, "tidy")).session.step == "act"
    assert take_turn(flow, None, Started(MORNING, "one")).session.step == "one"
    assert score(flow, take_turn(flow, None, Started(MORNING, "one")).session).asked == 0


def test_the_quiz_is_not_numbered(flow: Flow) -> None:
    """Neither its questions nor the way in are steps of so many; what comes behind counts on."""
    text = QUIZ.replace('start = "act"', 'start = "card"') + '[steps.card]\nask = "choice"\ngo = { begin = "act" }\n'
    counted = flow_of(text)
    places = [
        path.progress(counted, turn.session.visits, turn.session.step)
        for turn in turns(counted, ("begin", "done", "begin", "b", "a", "a"))
    ]
    assert places == [None, (1, 2), None, None, None, None, (2, 2)]


def test_a_guide_that_is_entered_does_not_ask_its_quiz() -> None:
    """Who is on the way of another guide goes past it, and is not measured by it."""
    outer = flow_of(
        'start = "pay"\n[steps.pay]\nenter = "other"\nnext = "thanks"\n[steps.thanks]\ndo = true\nnext = "z"\n'
        '[steps.z]\nend = "done"\n',
        other=QUIZ,
    )
    assert not [step for step in outer.steps.values() if step.kind is Kind.QUIZ]
    session = turns(outer, ("done",))[-1].session
    assert session.step == "thanks"
    assert score(outer, session) == Score(0, 0, passed=False)


def test_a_quiz_that_cannot_be_passed_by_counts_in_its_own_guide_alone() -> None:
    """An entered guide that asks without offering a way past keeps its score to itself, and its branch works."""
    inner = QUIZ.replace('next = "try_quiz"', 'next = "one"')
    outer = flow_of(
        'start = "pay"\npass = 1\n[steps.pay]\nenter = "other"\nnext = "own"\n[steps.own]\nask = "quiz"\nright = ["x"]\n'
        'go = { x = "z", y = "z" }\n[steps.z]\nend = "done"\n',
        other=inner,
    )
    session = turns(outer, ("done", "b", "a", "a", "done"))[-1].session
    assert session.step == "own"
    assert score(outer, session) == Score(0, 0, passed=False)
    assert score(outer, take_turn(outer, session, Picked(MORNING + DAY, "own", "x")).session) == Score(
        1, 1, passed=True
    )


def test_a_piece_may_ask_for_the_guide() -> None:
    """The questions of an included piece count where it is included."""
    piece = 'start = "q"\n[steps.q]\nask = "quiz"\nright = ["x"]\ngo = { x = "z", y = "z" }\n[steps.z]\nend = "done"\n'
    guide = flow_of(
        'start = "part"\npass = 1\n[steps.part]\ninclude = "pieces/ask"\nnext = "z"\n[steps.z]\nend = "done"\n',
        pieces__ask=piece,
    )
    assert score(guide, turns(guide, ("x",))[-1].session) == Score(1, 1, passed=True)


# --- edits


def caught_up(text: str, session: Session) -> Session:
    """The session in the guide as this text says it."""
    return replay(flow_of(text), session, local_day(MORNING + DAY))


def test_a_new_question_calls_nobody_back(flow: Flow) -> None:
    """Who has passed the place keeps theirs, and is simply not asked."""
    session = after(flow, "b", "a", "b")
    new = QUIZ.replace('go = { a = "two", b = "two", c = "two" }', 'go = { a = "new", b = "new", c = "new" }')
    new += '[steps.new]\nask = "quiz"\nright = ["a"]\ngo = { a = "two", b = "two" }\n'
    now = caught_up(new, session)
    assert (now.step, score(flow_of(new), now)) == ("tidy", Score(2, 3, passed=True))


def test_a_new_quiz_calls_nobody_back() -> None:
    """A guide that gets a quiz leaves those in place who are behind it, or have finished."""
    before = QUIZ.replace('next = "try_quiz"', 'next = "tidy"')
    quiz = QUIZ.replace('next = "praise"', 'next = "tidy"').replace(
        'later = "over" }\n[steps.one]', 'later = "tidy" }\n[steps.one]'
    )
    old = flow_of(before)
    assert caught_up(quiz, turns(old, ("done",))[-1].session).step == "tidy"
    assert caught_up(quiz, turns(old, ("done", "done"))[-1].session).finished


def test_an_answer_that_is_gone_calls_nobody_back(flow: Flow) -> None:
    """The question counts as not answered; the place stays."""
    session = after(flow, "c", "a", "a")
    new = QUIZ.replace('go = { a = "two", b = "two", c = "two" }', 'go = { a = "two", b = "two" }')
    now = caught_up(new, session)
    assert (now.step, score(flow_of(new), now)) == ("tidy", Score(2, 2, passed=True))


def test_another_right_answer_changes_the_score_at_once(flow: Flow) -> None:
    """The answers given are measured by the guide as it is now; the digest tells that its ways may have changed."""
    session = after(flow, "a", "a")
    new = flow_of(QUIZ.replace('right = ["b"]', 'right = ["a"]'))
    assert new.digest != flow.digest
    assert replay(new, session, local_day(MORNING)).step == "three"
    assert score(new, session) == Score(2, 2, passed=True)


def test_a_renamed_question_keeps_its_answer(flow: Flow) -> None:
    """Also in a session that has not been opened since."""
    new = QUIZ.replace("[steps.one]", "[steps.first]").replace('"one"', '"first"')
    new = new.replace("[steps.act]", '[moved]\none = "first"\n[steps.act]', 1)
    assert score(flow_of(new), after(flow, "b", "b")) == Score(1, 2, passed=False)


@given(plans=plans(), walked=moves)
def test_the_score_is_the_same_after_replay(plans: dict[str, Plan], walked: list[Move]) -> None:
    """Of any walk through any guide: what is right was asked, and a score is a function of the visits alone."""
    flow = linked(plans)
    session, at = walk(flow, walked)
    found = score(flow, session)
    assert score(flow, replay(flow, session, local_day(at))) == found
    assert 0 <= found.right <= found.asked <= sum(step.kind is Kind.QUIZ for step in flow.steps.values())
    assert found.passed == (found.right >= flow.passes[""])


# --- words, drawing, checker


def speaker(flow: Flow, words: str) -> Speaker:
    """Somebody who speaks these words for question `one`."""
    vi = Language("vi", {"bac": Address("bac", "Bác", "bác", "cháu")}, "bac", Lexicon.of("vi", {}))
    library = Library({"vi": vi}, {("vi", "probe/one"): words})
    return Speaker(library, {flow.name: flow}, "vi", vi.address("bac"))


def test_one_sentence_may_serve_for_all_wrong_answers(flow: Flow) -> None:
    """An answer's own sentence goes before the one for all; the score may be spoken of."""
    words = (
        "{% block right %}Đúng {{ score }}{% endblock %}"
        "{% block why_a %}Vì a{% endblock %}{% block why %}Vì thế\n\nĐúng {{ score }} câu{% endblock %}"
    )
    voice, session = speaker(flow, words), Session("probe", flow.digest, "two", 0, (Visit("one", "b", 0),))
    said = [voice.show(flow, session, Show("one", piece), 0) for piece in ("right", "why_a", "why_c")]
    assert [(message.head, message.body) for message in said] == [
        ("Đúng 1", ""),
        ("Vì a", ""),
        ("Vì thế", "Đúng 1 câu"),
    ]


def test_a_quiz_is_drawn_with_its_right_answers(flow: Flow) -> None:
    """One line bears the answers that lead to the same step; the right ones are ticked."""
    assert [(edge.target, edge.label) for edge in edges(flow) if edge.source == "one"] == [
        ("two", "a / b\N{NO-BREAK SPACE}✓ / c")
    ]
    assert "quiz" in mermaid(flow)


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("score >= 1", []),
        ("score == 2", []),
        ('passed == "yes"', []),
        ('not passed in ("no",)', []),
        ('score >= "1"', ["E014"]),
        ("passed == 1", ["E014"]),
        ('passed < "yes"', ["E014"]),
        ("years_since(score) > 1", ["E014"]),
        ('passed == "true"', ["E015"]),
        ("score > 3", ["E052"]),
    ],
)
def test_conditions_about_the_quiz_are_checked(tmp_path: Path, condition: str, codes: list[str]) -> None:
    """`score` is a number that can be reached, `passed` is "yes" or "no"."""
    (tmp_path / "flows").mkdir()
    text = (
        "start = 'one'\npass = 1\nreview_by = 2099-01-01\n[[source]]\nurl = 'https://vneid.gov.vn'\nchecked = 2026-11-01\n"
        "[steps.one]\nask = 'quiz'\nright = ['a']\ngo = { a = 'two', b = 'two' }\n"
        "[steps.two]\nask = 'quiz'\nright = ['a']\ngo = { a = 'fork', b = 'fork' }\n"
        f"[[steps.fork.branch]]\nwhen = '{condition}'\nto = 'z'\n[[steps.fork.branch]]\nto = 'z'\n"
        "[steps.z]\nend = 'done'\n"
    )
    (tmp_path / "flows" / "example.toml").write_text(text, encoding="utf-8")
    complete(tmp_path)
    assert [problem.code for problem in check(tmp_path, today=TODAY)] == codes


@pytest.mark.parametrize(
    ("key", "code"),
    [('save = "x"', "E007"), ('next = "z"', "E007"), ("right = 'a'", "E005"), ("private = true", "E007")],
)
def test_what_a_question_of_a_quiz_cannot_have(key: str, code: str) -> None:
    """Its answer is kept for nothing but the score."""
    text = (
        f'start = "q"\npass = 1\n[steps.q]\nask = "quiz"\n{key}\ngo = {{ a = "z", b = "z" }}\n[steps.z]\nend = "done"\n'
    )
    with pytest.raises(ValueError, match=code):
        flow_of(text)


@pytest.mark.parametrize("name", ["score", "passed"])
def test_nothing_is_saved_under_the_names_of_the_quiz(name: str) -> None:
    """They mean the quiz in every condition."""
    with pytest.raises(ValueError, match="E008"):
        flow_of(f'start = "q"\n[steps.q]\nask = "text"\nsave = "{name}"\nnext = "z"\n[steps.z]\nend = "done"\n')


@pytest.mark.parametrize("name", ["right", "why", "why_not"])
def test_no_answer_is_called_like_a_block(name: str) -> None:
    """The template has these blocks for what is said afterwards; other questions may use the words."""
    text = f'start = "q"\n%s[steps.q]\nask = "%s"\n%sgo = {{ a = "z", {name} = "z" }}\n[steps.z]\nend = "done"\n'
    with pytest.raises(ValueError, match="E008"):
        flow_of(text % ("pass = 1\n", "quiz", 'right = ["a"]\n'))
    assert flow_of(text % ("", "choice", "")).steps["q"].go


# --- the guides of this project

SAFETY = (
    "scam-fake-police",
    "scam-fake-app",
    "scam-link",
    "scam-report",
    "otp-problem",
    "password-safety",
    "vietqr-pay",
)


@pytest.fixture(scope="module")
def guides() -> dict[str, Flow]:
    """The real guides, linked."""
    flows, _ = read_flows(ROOT / "flows")
    return {name: link(each, flows) for name, each in flows.items()}


def behind(flow: Flow, start: str) -> set[str]:
    """Every step that can come after this one."""
    found: set[str] = set()
    todo = [start]
    while todo:
        for to, _ in targets(flow.steps[todo.pop()]):
            if to not in found:
                found.add(to)
                todo.append(to)
    return found


@pytest.mark.parametrize("guide", SAFETY)
def test_a_safety_guide_ends_with_questions_that_can_be_left_out(guides: dict[str, Flow], guide: str) -> None:
    """Two or three, at the end; one tap goes past all of them to the very end."""
    flow = guides[guide]
    asked = [step.name for step in flow.steps.values() if step.kind is Kind.QUIZ]
    assert 2 <= len(asked) <= 3
    assert 1 <= flow.passes[""] <= len(asked)
    for name in asked:
        assert {flow.steps[to].kind for to in behind(flow, name)} <= {Kind.QUIZ, Kind.FORK, Kind.END}
    past = path.way_on(flow, flow.steps["try_quiz"].go["later"], {}, local_day(MORNING)).step
    assert flow.steps[past].kind is Kind.END


@pytest.mark.parametrize("guide", ["scam-fake-police", "scam-fake-app", "scam-link", "scam-report", "otp-problem"])
def test_nobody_in_need_is_asked_a_quiz(guides: dict[str, Flow], guide: str) -> None:
    """The way after a loss (bank, passwords, police) never leads into questions."""
    flow = guides[guide]
    assert "after_loss" in flow.steps
    assert not [name for name in behind(flow, "after_loss") if flow.steps[name].kind is Kind.QUIZ]


@pytest.mark.parametrize("guide", ["scam-fake-police", "scam-report"])
def test_where_somebody_may_be_afraid_leaving_out_comes_first(guides: dict[str, Flow], guide: str) -> None:
    """The first button is the one that ends it."""
    assert next(iter(guides[guide].steps["try_quiz"].go)) == "later"


def test_a_volunteer_comes_to_the_end_only_with_four_right_answers(guides: dict[str, Flow]) -> None:
    """Five questions, four of which pass; with three the questions come again."""
    flow = guides["volunteer-first-day"]
    ways = {step.name: step for step in flow.steps.values() if step.kind is Kind.QUIZ}
    right = {name: step.right[0] for name, step in ways.items()}
    wrong = {name: next(answer for answer in step.go if answer not in step.right) for name, step in ways.items()}
    assert (len(ways), flow.passes) == (5, {"": 4})
    for mistakes, stands in ((0, "count"), (1, "count"), (2, "once_more"), (5, "once_more")):
        answers = [wrong[name] if index < mistakes else right[name] for index, name in enumerate(ways)]
        session = turns(flow, ("begin", "done", "done", *answers))[-1].session
        assert session.step == stands
        assert score(flow, session) == Score(5 - mistakes, 5, passed=mistakes < 2)
