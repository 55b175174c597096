"""One event, one turn: every event on every kind of step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine.effect import Effect, Forget, Note, Record, Show, Tell, Wait
from bot.engine.event import (
    AskedAgain,
    AskedForHelp,
    Event,
    Muted,
    Picked,
    Resumed,
    Returned,
    Said,
    Started,
    Stopped,
    TimeCame,
    WentBack,
)
from bot.engine.session import Session, Visit
from bot.engine.turn import DOUBLE_TAP, Turn, offers
from tests.kit.clock import DAY, MINUTE, MORNING
from tests.kit.flows import flow_of
from tests.kit.walker import turn

TOML = """
start = "card"
[steps.card]
ask = "choice"
save = "place"
[steps.card.go]
house = "hello"
market = "act"
[steps.hello]
say = true
next = "act"
[steps.act]
do = true
next = "number"
[steps.act.stuck]
lost = "hello"
[steps.plain]
do = true
next = "number"
[steps.number]
ask = "number"
save = "age"
min = 1
max = 120
next = "text"
[steps.text]
ask = "text"
next = "date"
[steps.date]
ask = "date"
next = "phone"
[steps.phone]
ask = "phone"
private = true
next = "quiet"
[steps.quiet]
do = true
next = "over"
[steps.quiet.silence]
after = "2 days"
to = "later"
[steps.over]
end = "done"
suggest = "other"
[steps.later]
end = "later"
[moved]
old_act = "act"
"""
FLOW = flow_of(TOML)
QUESTIONS = ("card", "act", "plain", "number", "text", "date", "phone", "quiet")
SMALL = ("back", "again")
DO = ("done", "not_yet", "stuck")
BELOW = {"card": ("house", "market"), "act": DO, "plain": DO, "quiet": DO}
TIMER = {"quiet": Wait("quiet", 2 * 86_400)}
EARLIER = Visit("card", "house", MORNING - 10 * MINUTE)
NOW = MORNING


def at(step: str, *visits: Visit, finished: bool = False) -> Session:
    """Somebody who stands at `step` and has answered the card before."""
    return Session("probe", FLOW.digest, step, NOW - MINUTE, visits or (EARLIER,), finished=finished)


def shown(step: str) -> Show:
    """The question again, with its answers."""
    return Show(step, offers=BELOW.get(step, ()) + SMALL)


def waits(step: str) -> Wait:
    """How long this question waits."""
    return TIMER.get(step, Wait(step, None))


def after(session: Session | None, event: Event) -> Turn:
    """The turn that the event leads to."""
    return turn(FLOW, session, event)


def test_a_guide_starts_with_its_first_question() -> None:
    """There is nothing to go back to yet."""
    started = after(None, Started(NOW))
    assert started.session == Session("probe", FLOW.digest, "card", NOW)
    assert started.effects == (
        Note("started", "card"),
        Show("card", offers=("house", "market", "again")),
        Wait("card", None),
    )


@pytest.mark.parametrize("event", [Resumed(NOW), Said(NOW, "x"), Picked(NOW, "act", "done"), TimeCame(NOW, "act")])
def test_anything_in_a_guide_never_opened_opens_it(event: Event) -> None:
    """Without a session there is only the beginning."""
    assert after(None, event).session == Session("probe", FLOW.digest, "card", NOW)


@pytest.mark.parametrize(
    ("link", "step", "answers"),
    [("act", "act", ["house"]), ("old_act", "act", ["house"]), ("number", "number", ["house", "done"])],
)
def test_a_link_opens_a_step(link: str, step: str, answers: list[str]) -> None:
    """A forwarded link opens the guide in the middle; Back still works."""
    opened = after(None, Started(NOW, link))
    assert opened.session.step == step
    assert [visit.answer for visit in opened.session.visits] == answers
    assert opened.effects == (Note("opened", step), shown(step), waits(step))


@pytest.mark.parametrize("link", ["nowhere", "hello", "text", "over", ""])
def test_a_link_that_leads_to_no_question_opens_the_beginning(link: str) -> None:
    """A step that is gone, that only speaks, that lies behind a typed answer, or an end."""
    assert after(None, Started(NOW, link)).session.step == "card"


@pytest.mark.parametrize("step", QUESTIONS)
@pytest.mark.parametrize("event", [AskedAgain(NOW), Resumed(NOW)])
def test_again_and_resume_show_the_question(step: str, event: Event) -> None:
    """The same step, the same visits, and the wait begins anew."""
    again = after(at(step), event)
    assert again == Turn(at(step), (shown(step), waits(step)))


@pytest.mark.parametrize("step", QUESTIONS)
def test_start_begins_anew_and_keeps_the_wish_for_quiet(step: str) -> None:
    """A restart forgets the visits, not that somebody wants no reminders."""
    again = after(replace(at(step), muted=True, reminders=2), Started(NOW))
    assert again.session == Session("probe", FLOW.digest, "card", NOW, muted=True)
    assert Wait("card", None) not in again.effects


@pytest.mark.parametrize("step", QUESTIONS)
def test_stopping_keeps_the_place(step: str) -> None:
    """Who leaves is not reminded and loses nothing."""
    assert after(at(step), Stopped(NOW)) == Turn(at(step), (Forget(), Note("left", step)))


@pytest.mark.parametrize("step", QUESTIONS)
def test_asking_for_help_keeps_the_place(step: str) -> None:
    """A human is named; the way back is offered."""
    assert after(at(step), AskedForHelp(NOW)) == Turn(at(step), (Note("help", step), Tell("human", step, ("stay",))))


@pytest.mark.parametrize("step", QUESTIONS)
def test_muting_ends_reminders_but_not_the_way(step: str) -> None:
    """A silence that leads on is part of the guide and still comes."""
    muted = after(at(step), Muted(NOW))
    assert muted.session == replace(at(step), muted=True)
    kept = (TIMER[step],) if step in TIMER else ()
    assert muted.effects == (Forget(), *kept, Note("muted", step), Tell("reminders_off"))


@pytest.mark.parametrize("step", QUESTIONS)
def test_back_takes_one_answer_back(step: str) -> None:
    """The person stands at the question answered last."""
    back = after(at(step), WentBack(NOW, step))
    assert (back.session.step, back.session.visits, back.session.since) == ("card", (), NOW)
    assert back.effects == (Note("back", "card"), Show("card", offers=("house", "market", "again")), Wait("card", None))


def test_back_at_the_start_says_so() -> None:
    """There is no step before the first."""
    session = after(None, Started(NOW)).session
    assert after(session, WentBack(NOW, "card")).effects[0] == Tell("at_start")


def test_back_from_an_end_opens_the_guide_again() -> None:
    """A slip at the last step can be taken back."""
    over = after(at("quiet"), Picked(NOW, "quiet", "done")).session
    back = after(over, WentBack(NOW + MINUTE, "over")).session
    assert (back.step, back.finished) == ("quiet", False)


def test_back_twice_in_a_moment_is_one_back() -> None:
    """A double tap on Back takes one answer away, also where the step before is the same step again."""
    flow = flow_of('start="a"\n[steps.a]\nask="choice"\n[steps.a.go]\nend="z"\nfurther="a"\n[steps.z]\nend="done"\n')
    session = turn(flow, None, Started(NOW)).session
    for minute in (1, 2):
        session = turn(flow, session, Picked(NOW + minute * MINUTE, "a", "further")).session
    first = turn(flow, session, WentBack(NOW + 3 * MINUTE, "a"))
    second = turn(flow, first.session, WentBack(NOW + 3 * MINUTE + DOUBLE_TAP - 1, "a"))
    third = turn(flow, second.session, WentBack(NOW + 3 * MINUTE + DOUBLE_TAP, "a"))
    assert [len(each.session.visits) for each in (first, second, third)] == [1, 1, 0]
    assert second.effects == ()


def test_back_goes_behind_a_solved_problem() -> None:
    """A known problem that leads back to its own step is no step to go back to."""
    flow = flow_of(
        'start="a"\n[steps.a]\ndo=true\nnext="b"\n[steps.b]\ndo=true\nnext="z"\n[steps.b.stuck]\nslow="hint"\n'
        '[steps.hint]\nsay=true\nnext="b"\n[steps.z]\nend="done"\n'
    )
    session = turn(flow, None, Started(NOW)).session
    for minute, (step, answer) in enumerate([("a", "done"), ("b", "stuck:slow"), ("b", "stuck:slow")], 1):
        session = turn(flow, session, Picked(NOW + minute * MINUTE, step, answer)).session
    assert (session.step, len(session.visits)) == ("b", 3)
    back = turn(flow, session, WentBack(NOW + 9 * MINUTE, "b")).session
    assert (back.step, back.visits) == ("a", ())


def test_back_on_an_old_message_explains_itself() -> None:
    """An old Back button never takes back the answer of another step."""
    stale = after(at("number", EARLIER, Visit("act", "done", NOW)), WentBack(NOW + MINUTE, "act"))
    assert stale.session == at("number", EARLIER, Visit("act", "done", NOW))
    assert stale.effects == (Note("stale", "act"), Tell("stale", "act", ("return", "stay")))


def test_returning_goes_back_to_the_step() -> None:
    """All answers from that step on are taken back."""
    session = at("number", EARLIER, Visit("act", "done", NOW))
    returned = after(session, Returned(NOW, "old_act"))
    assert (returned.session.step, returned.session.visits) == ("act", (EARLIER,))
    assert returned.effects == (Note("back", "act"), shown("act"), waits("act"))


def test_returning_to_where_nobody_was_stays() -> None:
    """The question is shown again."""
    assert after(at("number"), Returned(NOW, "text")) == Turn(at("number"), (shown("number"),))


@pytest.mark.parametrize(
    ("step", "answer", "said", "there"),
    [
        ("card", "house", ("hello",), "act"),
        ("card", "market", (), "act"),
        ("act", "done", (), "number"),
        ("act", "stuck:lost", ("hello",), "act"),
        ("plain", "done", (), "number"),
        ("number", "60", (), "text"),
    ],
)
def test_an_answer_leads_on(step: str, answer: str, said: tuple[str, ...], there: str) -> None:
    """The old keyboard becomes a record, what lies between is said, the next question is asked and waits."""
    answered = after(at(step), Picked(NOW, step, answer))
    visit = Visit(step, answer, NOW)
    assert answered.session == replace(at(there, EARLIER, visit), since=NOW, last=visit)
    between = tuple(Show(name) for name in said)
    assert answered.effects == (
        Record(step, answer),
        Note("answered", step, answer),
        *between,
        shown(there),
        waits(there),
    )


@pytest.mark.parametrize(
    ("step", "typed", "answer", "noted"),
    [
        ("number", " 60 tuổi", "60", "60"),
        ("text", "Hoa", "Hoa", ""),
        ("date", "5/3/1958", "1958-03-05", ""),
        ("phone", "0912 345 678", "0912345678", ""),
    ],
)
def test_a_typed_answer_leads_on(step: str, typed: str, answer: str, noted: str) -> None:
    """It is kept in one form; the journal holds it only where it cannot be personal."""
    answered = after(at(step), Said(NOW, typed))
    assert answered.session.visits[-1] == Visit(step, answer, NOW)
    assert answered.effects[:2] == (Record(step, answer), Note("answered", step, noted))


@pytest.mark.parametrize(
    ("step", "typed"), [("number", "121"), ("number", "old"), ("text", " "), ("date", "31/4/1958"), ("phone", "12")]
)
def test_a_text_that_does_not_fit_is_explained(step: str, typed: str) -> None:
    """Nothing is lost: the same question, with a sentence that says what is wanted."""
    refused = after(at(step), Said(NOW, typed))
    assert refused == Turn(at(step), (Note("refused", step), Show(step, "refused", SMALL)))


@pytest.mark.parametrize("step", ["card", "act", "plain", "quiet"])
def test_words_at_a_question_with_buttons_are_not_understood(step: str) -> None:
    """The question is shown again."""
    assert after(at(step), Said(NOW, "blah")) == Turn(at(step), (Tell("not_understood"), shown(step)))


def test_not_yet_waits_kindly() -> None:
    """The step stays and waits anew."""
    later = after(at("act"), Picked(NOW, "act", "not_yet"))
    assert later.session.step == "act"
    assert later.effects == (Note("not_yet", "act"), Tell("not_yet", "act", DO + SMALL), Wait("act", None))


def test_stuck_shows_the_known_problems() -> None:
    """The problems of this very step, then something else, then the way back."""
    stuck = after(at("act"), Picked(NOW, "act", "stuck"))
    assert stuck.effects == (Note("stuck", "act"), Show("act", "stuck", ("stuck:lost", "other", "stay")))


def test_stuck_without_known_problems_names_a_human() -> None:
    """Nobody is left alone with a step that has no list."""
    stuck = after(at("plain"), Picked(NOW, "plain", "stuck"))
    assert stuck.effects == (Note("stuck", "plain"), Tell("stuck_none", "plain", ("human", "stay")))


def test_another_problem_names_a_human() -> None:
    """What is not on the list goes to a person."""
    other = after(at("act"), Picked(NOW, "act", "other"))
    assert other.effects == (Note("help", "act"), Tell("human", "act", ("stay",)))


def test_a_tap_on_a_record_asks_whether_to_go_back() -> None:
    """The record of an earlier step offers that step; of the open step, it shows it again."""
    session = at("number", EARLIER, Visit("act", "done", NOW))
    assert after(session, Picked(NOW, "act", "record")).effects[-1] == Tell("stale", "act", ("return", "stay"))
    assert after(session, Picked(NOW, "number", "record")).effects == (shown("number"),)


@pytest.mark.parametrize("apart", [0, 1, DOUBLE_TAP - 1])
def test_a_double_tap_is_one_tap(apart: int) -> None:
    """The second one changes nothing and says nothing."""
    once = after(at("act"), Picked(NOW, "act", "done")).session
    assert after(once, Picked(NOW + apart, "act", "done")) == Turn(once, ())


def test_a_second_tap_much_later_is_an_old_button() -> None:
    """It explains itself and offers the way back; it never answers the open question."""
    once = after(at("act"), Picked(NOW, "act", "done")).session
    stale = after(once, Picked(NOW + DOUBLE_TAP, "act", "done"))
    assert stale == Turn(once, (Note("stale", "act"), Tell("stale", "act", ("return", "stay"))))


@pytest.mark.parametrize(
    ("step", "answer"), [("plain", "done"), ("gone", "done"), ("hello", "done"), ("act", "nowhere"), ("over", "good")]
)
def test_an_old_button_of_a_step_not_visited_only_stays(step: str, answer: str) -> None:
    """Its message bears buttons of a step that is there and asks something."""
    stale = after(at("act"), Picked(NOW, step, answer))
    assert (stale.session.step, stale.session.visits) == ("act", (EARLIER,))
    assert stale.effects == (Note("stale", step), Tell("stale", "act", ("stay",)))


def test_an_old_button_after_the_end_offers_a_new_start() -> None:
    """The guide is over: go back to that step, begin again, or leave."""
    over = after(at("quiet"), Picked(NOW, "quiet", "done")).session
    stale = after(over, Picked(NOW + MINUTE, "card", "market"))
    assert stale.effects[-1] == Tell("stale", "card", ("return", "restart", "home"))
    assert after(over, Picked(NOW + MINUTE, "act", "done")).effects[-1] == Tell("stale", "over", ("restart", "home"))


def test_the_end() -> None:
    """The last card comes with faces and one suggestion; nothing waits any more."""
    over = after(at("quiet"), Picked(NOW, "quiet", "done"))
    assert over.session.finished
    assert over.effects[2:] == (
        Show("over", offers=("open:other", "good", "so_so", "bad", "home", "send:probe")),
        Forget(),
        Note("ended", "over", "done"),
    )


def test_another_end_asks_for_no_faces() -> None:
    """Only who has finished is asked how it was."""
    assert offers(FLOW, at("later", finished=True)) == ("home",)


@pytest.mark.parametrize("event", [Said(NOW, "x"), TimeCame(NOW, "over"), AskedAgain(NOW), Muted(NOW), Stopped(NOW)])
def test_after_the_end_nothing_moves(event: Event) -> None:
    """The place stays at the end."""
    over = at("over", finished=True)
    assert after(over, event).session.step == "over"
    assert not any(isinstance(effect, Wait) for effect in after(over, event).effects)


@pytest.mark.parametrize("step", [name for name in QUESTIONS if name != "quiet"])
def test_reminders_come_at_most_twice(step: str) -> None:
    """The first waits for the second, the second for nothing; a third never comes."""
    session = at(step)
    effects: list[tuple[Effect, ...]] = []
    for day in range(3):
        reminded = after(session, TimeCame(NOW + day * DAY, step))
        session = reminded.session
        effects.append(reminded.effects)
    reminder = (Note("reminded", step), Tell("remind", step, ("resume", "no_reminders")))
    assert effects == [(*reminder, Wait(step, None)), reminder, ()]
    assert (session.step, session.visits, session.reminders) == (step, (EARLIER,), 2)


def test_reminders_are_counted_over_the_whole_guide() -> None:
    """Two reminders at one step leave none for the next."""
    session = replace(at("act"), reminders=2)
    answered = after(session, Picked(NOW, "act", "done"))
    assert not any(isinstance(effect, Wait) for effect in answered.effects)
    assert after(answered.session, TimeCame(NOW, "number")).effects == ()


def test_who_wants_no_reminders_gets_none() -> None:
    """Neither is one waited for nor sent."""
    muted = replace(at("act"), muted=True)
    assert after(muted, TimeCame(NOW, "act")) == Turn(muted, ())
    assert after(muted, AskedAgain(NOW)).effects == (shown("act"),)


@pytest.mark.parametrize("muted", [False, True])
def test_a_silence_that_leads_on_leads_on(muted: bool) -> None:
    """It is a visit like any answer, so that Back works; it leaves a trace in the journal."""
    silent = after(replace(at("quiet"), muted=muted), TimeCame(NOW, "quiet"))
    assert silent.session.step == "later"
    assert silent.session.visits[-1] == Visit("quiet", "silence", NOW)
    assert Note("answered", "quiet", "silence") in silent.effects


@pytest.mark.parametrize("step", ["card", "gone"])
def test_a_time_of_another_step_is_too_late(step: str) -> None:
    """The person has moved on meanwhile: nothing is said."""
    assert after(at("act"), TimeCame(NOW, step)) == Turn(at("act"), ())


def test_a_time_under_an_old_name_is_understood() -> None:
    """A step renamed while it waited still reminds."""
    assert after(at("act"), TimeCame(NOW, "old_act")).session.reminders == 1


def test_a_private_answer_stays_out_of_the_journal() -> None:
    """Whatever its kind, a private step notes only that it was answered."""
    flow = flow_of('start="a"\n[steps.a]\nask="number"\nprivate=true\nnext="z"\n[steps.z]\nend="done"\n')
    session = turn(flow, None, Started(NOW)).session
    assert Note("answered", "a") in turn(flow, session, Said(NOW + 1, "60")).effects
