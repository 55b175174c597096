"""Typed words in a small house: known problems, guesses, guides that are found, and answers that are offered."""

from __future__ import annotations

from bot.channel.base import What
from bot.service.reload import Reload
from bot.store import tables
from tests.kit.shell import RICE, RICE_WORDS, TEA, TEA_WORDS, a_bot, make_root, write_guide, write_words

START = "/start tea"
STUCK = '[steps.boil.stuck]\nno_gas = "match"\nno_pot = "match"\n'
MATCH = '\n[steps.match]\nsay = true\nnext = "boil"\n'
PROBLEMS = {
    "boil": {"text": "Đun nước", "no_gas": "Hết ga rồi", "words_no_gas": "tìm chưa ra ga", "no_pot": "Không có nồi"},
    "match": {"text": "Nhóm bếp củi nhé"},
}
RETURN = "🍚 Nấu cơm"


def _with_problems(root):
    """The tea guide with two known problems at its second step."""
    flow = TEA.replace("[steps.boil.silence]", STUCK + "[steps.boil.silence]") + MATCH
    write_guide(root, "tea", flow, {**TEA_WORDS, **PROBLEMS})
    return root


def _with_alarm(root):
    """The rice guide is an emergency."""
    words = {**RICE_WORDS, "_guide": {**RICE_WORDS["_guide"], "alarm": "cháy nhà"}}
    write_guide(root, "rice", RICE.replace("menu = 2", "menu = 2\nalarm = true"), words)
    return root


def _labels(bot, chat):
    return [button.label for button in bot.channel.buttons(chat)]


def _newest(bot, chat):
    return bot.channel.to(chat)[-1]


async def test_a_known_problem_is_understood_without_tapping_stuck_first(tmp_path):
    """By its label, by its words, without accents; only at its own step and only in its very words."""
    async with a_bot(_with_problems(make_root(tmp_path))) as bot:
        await bot.says("1", START)
        await bot.says("1", "tìm chưa ra ga")
        assert "Nhóm bếp củi nhé" not in bot.heads("1")
        await bot.taps("1", "Trà xanh")
        for number, words in enumerate(("Hết ga rồi", "tim chua ra ga", "KHÔNG CÓ NỒI"), 1):
            bot.later(60)
            await bot.says("1", words)
            assert bot.heads("1").count("Nhóm bếp củi nhé") == number, words
            assert bot.last("1") == "Đun nước"
        bot.later(60)
        await bot.says("1", "nồi")
        assert bot.heads("1").count("Nhóm bếp củi nhé") == 3
        answers = [line["answer"] for line in await bot.rows(tables.journal, what="answered", step="boil")]
        assert answers == ["stuck:no_gas", "stuck:no_gas", "stuck:no_pot"]


async def test_the_very_words_of_a_known_problem_go_before_a_near_miss_of_a_button(tmp_path):
    """“Xong rồii” is nearly “Xong rồi”, but here it is exactly something else."""
    root = make_root(tmp_path)
    words = {**PROBLEMS, "boil": {**PROBLEMS["boil"], "words_no_gas": "xong rồii"}}
    flow = TEA.replace("[steps.boil.silence]", STUCK + "[steps.boil.silence]") + MATCH
    write_guide(root, "tea", flow, {**TEA_WORDS, **words})
    async with a_bot(root) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        await bot.says("1", "xong rồii")
        assert "Nhóm bếp củi nhé" in bot.heads("1")
        bot.later(60)
        await bot.says("1", "xong rồj")
        assert await bot.step("1") == "tea/cups"


async def test_a_name_is_not_the_number_it_sounds_like(tmp_path):
    """“Bà” without its accent is three; with it, it is somebody."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start")
        await bot.says("1", "bà")
        assert (await bot.load("1"))[0].address == "ba"
        await bot.says("1", "/start tea")
        await bot.says("1", "hai")
        assert await bot.step("1") == "tea/boil"


async def test_what_was_left_is_offered_first_on_the_home_screen(tmp_path):
    """Tapped, or said from anywhere."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        for words in (None, "làm tiếp", "tiếp tục"):
            await bot.says("1", "/home")
            assert _labels(bot, "1")[0] == "▶️ Làm tiếp"
            assert "Pha trà" in _newest(bot, "1").body
            await (bot.says("1", words) if words else bot.taps("1", "▶️ Làm tiếp"))
            assert (await bot.step("1"), bot.last("1")) == ("tea/boil", "Đun nước")


async def test_a_language_is_called_by_its_name_in_any_language(tmp_path):
    """Who fell into the other one gets out by typing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/home")
        await bot.says("1", "tiếng anh")
        assert (await bot.load("1"))[0].language == "en"
        await bot.says("1", "tieng viet")
        assert (await bot.load("1"))[0].language == "vi"


async def test_the_shortest_word_for_being_stuck(tmp_path):
    """“Kẹt” opens the known problems."""
    async with a_bot(_with_problems(make_root(tmp_path))) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        await bot.says("1", "kẹt")
        assert "Hết ga rồi" in _labels(bot, "1")


async def test_whoever_is_sent_to_a_person_gets_the_button_for_it(tmp_path):
    """The guesses speak of “Gặp người giúp”: it is below them, whether they come from words or from the second miss."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/home")
        await bot.says("1", "zzzz qqqq")
        await bot.says("1", "zzzz qqqq")
        assert _newest(bot, "1").head.startswith("Có phải bạn cần một trong")
        assert _labels(bot, "1")[-2:] == ["☎️ Gặp người giúp", "🏠 Về đầu"]
        await bot.taps("1", "☎️ Gặp người giúp")
        assert "gặp người thật" in bot.last("1")
        await bot.says("2", "/home")
        await bot.says("2", "nước")
        assert _newest(bot, "2").head.startswith("Có phải bạn cần một trong")
        assert "☎️ Gặp người giúp" in _labels(bot, "2")


async def test_a_found_guide_says_what_it_is_for(tmp_path):
    """Its title and its goal, in both languages, so that nobody opens the wrong one."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/home")
        await bot.says("1", "vo gạo")
        assert "“🍚 Nấu cơm”" in _newest(bot, "1").head
        assert "Bài này giúp bạn: Nấu xong nồi cơm." in _newest(bot, "1").body
        await bot.says("1", "/language")
        await bot.taps("1", "English")
        await bot.says("1", "vo gạo")
        assert "Its goal: Nấu xong nồi cơm." in _newest(bot, "1").body


async def test_a_command_goes_before_a_cry_for_help_and_that_before_an_answer(tmp_path):
    """The order that is written down."""
    async with a_bot(_with_alarm(make_root(tmp_path))) as bot:
        await bot.says("1", START)
        await bot.says("1", "/about cháy nhà")
        assert "đang gặp chuyện này" not in bot.last("1")
        await bot.says("1", "trà xanh mà cháy nhà")
        assert "đang gặp chuyện này" in bot.last("1")
        await bot.says("1", "cháy nhà " * 1000)
        assert "đang gặp chuyện này" not in bot.last("1")
        assert await bot.step("1") == "tea/kind"


async def test_an_old_button_speaks_of_going_back_only_where_it_can(tmp_path):
    """A step on the way is offered; one that was never answered is not."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", START)
        first = bot.tap("1", "Trà xanh").tap
        await bot.taps("1", "Trà xanh")
        second = bot.tap("1", "✅ Xong rồi").tap
        bot.later(60)
        await bot.takes(bot.incoming("1", What.TAP, tap=first))
        assert "Bạn muốn về lại bước cũ không?" in _newest(bot, "1").body
        assert "Về bước cũ" in _labels(bot, "1")
        await bot.taps("1", "Về bước cũ")
        bot.later(60)
        await bot.takes(bot.incoming("1", What.TAP, tap=second))
        assert _newest(bot, "1").head == "Nút này thuộc một bước cũ."
        assert "bước cũ" not in _newest(bot, "1").body
        assert _labels(bot, "1") == ["Ở lại bước đang làm"]
        await bot.says("1", "/start rice")
        bot.later(60)
        await bot.takes(bot.incoming("1", What.TAP, tap=first))
        assert "Bạn muốn về lại bước cũ không?" in _newest(bot, "1").body
        assert "🍵 Pha trà" in _labels(bot, "1")


async def test_a_guide_that_is_not_in_service_is_not_suggested(tmp_path):
    """An end that leads on to a guide at fault shows the rest of its buttons."""
    root = make_root(tmp_path)
    write_guide(root, "tea", TEA.replace('end = "done"', 'end = "done"\nsuggest = "rice"'), TEA_WORDS)
    async with a_bot(root) as bot:
        await _to_the_end(bot, "1")
        assert RETURN in _labels(bot, "1")
        for language in ("vi", "en"):
            write_words(root, f"{language}/rice/wash", {"text": "{{ nobody }}"})
    async with a_bot(root) as bot:
        assert set(bot.app.conversation.house.flows) == {"tea"}
        await _to_the_end(bot, "2")
        assert _labels(bot, "2")
        assert RETURN not in _labels(bot, "2")
        await bot.says("2", RETURN)
        assert await bot.rows(tables.inbox, state="parked") == []


GONE = "Bài đó nay không dùng nữa, bạn xem tin bên dưới rồi bấm một nút nhé."


async def test_a_link_to_a_guide_that_is_gone_says_so(tmp_path):
    """At first contact, in the middle of another guide and on the home screen; what is said otherwise comes below."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start nope")
        assert bot.heads("1")[-2:] == [GONE, "Mình nên xưng hô thế nào cho phải?"]
        await bot.says("1", "/start nope__boil")
        assert bot.heads("1")[-2:] == [GONE, "Bạn muốn làm việc gì?"]
        await bot.says("1", START)
        await bot.says("1", "/start nope")
        assert bot.heads("1")[-2] == GONE
        assert _labels(bot, "1")[0] == "▶️ Làm tiếp"
        assert await bot.step("1") == "tea/kind"


async def test_who_wants_to_be_left_alone_is(tmp_path):
    """No reminder any more in a guide, and how to have fewer tips; without a guide no tips."""
    async with a_bot(make_root(tmp_path)) as bot:
        for number, words in enumerate(("đừng nhắn nữa", "đừng gửi nữa", "do not write to me"), 1):
            chat = str(number)
            await bot.says(chat, "/start rice")
            assert len(await bot.rows(tables.job, chat=f"paper:{chat}")) == 1
            await bot.says(chat, words)
            assert _newest(bot, chat).head == "Từ giờ mình không nhắc nữa."
            assert "“Bớt tin”" in _newest(bot, chat).body
            assert await bot.rows(tables.job, chat=f"paper:{chat}") == []
            await bot.says(chat, "/home")
            await bot.says(chat, words)
            assert len(await bot.rows(tables.optout, chat=f"paper:{chat}")) == 1


async def test_who_is_asked_whether_to_delete_is_told_the_button_that_keeps(tmp_path):
    """By its name: the lowest one of a channel may be another."""
    async with a_bot(make_root(tmp_path)) as bot:
        for place, keep in ((START, "Ở lại bước đang làm"), ("/home", "🏠 Về đầu")):
            await bot.says("1", place)
            await bot.says("1", "/delete")
            assert f"bấm “{keep}”" in _newest(bot, "1").body
            assert _labels(bot, "1")[-1] == keep


def _take_out(root, name):
    (root / "flows" / f"{name}.toml").unlink()


async def test_who_was_in_a_guide_that_is_gone_hears_it_once(tmp_path):
    """Words, a tap on its step, a tap on its name, a command: one sentence, then what was asked for or home."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        for chat in "12345":
            await bot.says(chat, "/home")
            name = bot.tap(chat, "🍵 Pha trà").tap
            await bot.says(chat, START)
        tap = bot.tap("2", "Trà xanh")
        _take_out(root, "tea")
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.says("1", "xong")
        await bot.takes(tap)
        await bot.takes(bot.incoming("3", What.TAP, tap=name))
        await bot.says("4", "/about")
        await bot.says("5", "/start rice")
        for chat in "12345":
            assert bot.heads(chat).count(GONE) == 1, chat
        for chat in "123":
            assert bot.heads(chat)[-2:] == [GONE, "Bạn muốn làm việc gì?"]
            assert _labels(bot, chat)[:1] == [RETURN]
            assert not any("Pha trà" in label for label in _labels(bot, chat))
        assert bot.heads("4")[-1] != GONE
        assert bot.last("5") == "Vo gạo"
        for chat in "1234":
            await bot.says(chat, "/home")
            assert bot.heads(chat).count(GONE) == 1, chat
            assert await bot.step(chat) == ""
        assert await bot.rows(tables.job, chat="paper:1") == []


async def test_an_old_button_of_a_gone_guide_never_answers_another_one(tmp_path):
    """Its step has the name of a step that is open now: it is said that the guide is gone, and the place stays."""
    root = make_root(tmp_path)
    same = RICE.replace("wash", "boil")
    write_guide(root, "rice", same, {**RICE_WORDS, "boil": {"text": "Vo gạo"}})
    for language in ("vi", "en"):
        (root / "content" / language / "rice" / "wash.j2").unlink()
    async with a_bot(root) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        old = bot.tap("1", "✅ Xong rồi").tap
        await bot.says("1", "/start rice")
        _take_out(root, "tea")
        await Reload(bot.app.config, bot.app.conversation).look()
        bot.later(60)
        await bot.takes(bot.incoming("1", What.TAP, tap=old))
        assert bot.heads("1")[-2:] == [GONE, "Vo gạo"]
        assert await bot.step("1") == "rice/boil"


async def test_a_cry_for_help_is_heard_also_when_the_guide_is_gone(tmp_path):
    """The emergency is not swallowed by the news."""
    root = _with_alarm(make_root(tmp_path))
    async with a_bot(root) as bot:
        await bot.says("1", START)
        _take_out(root, "tea")
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.says("1", "cháy nhà rồi")
        assert bot.heads("1")[-2] == GONE
        assert "đang gặp chuyện này" in bot.last("1")
        assert _labels(bot, "1")[0] == RETURN


async def test_a_life_goes_before_money_and_money_stands_beside(tmp_path):
    """Who lost everything and wants to die is offered the first; the other guide is the next button."""
    root = make_root(tmp_path)
    emergency = {**RICE_WORDS, "_guide": {**RICE_WORDS["_guide"], "alarm": "cháy nhà", "life": "muốn chết"}}
    write_guide(root, "rice", RICE.replace("menu = 2", "menu = 2\nalarm = true"), emergency)
    lost = {**TEA_WORDS, "_guide": {**TEA_WORDS["_guide"], "alarm": "mất hết tiền rồi"}}
    write_guide(root, "tea", TEA.replace("menu = 1", "menu = 1\nalarm = true"), lost)
    async with a_bot(root) as bot:
        await bot.says("1", "tôi mất hết tiền rồi nên tôi muốn chết")
        assert "đang gặp chuyện này" in bot.last("1")
        assert _labels(bot, "1")[:2] == [RETURN, "🍵 Pha trà"]
        bot.later(60)
        await bot.says("1", "tôi mất hết tiền rồi. " * 20 + "tôi muốn chết")
        assert _labels(bot, "1")[0] == RETURN


async def test_who_had_finished_a_guide_is_not_told_that_it_is_gone(tmp_path):
    """Nothing of theirs was taken away."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await _to_the_end(bot, "1")
        _take_out(root, "tea")
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.says("1", "nấu cơm")
        assert GONE not in bot.heads("1")
        assert bot.last("1") == "Vo gạo"


async def _to_the_end(bot, chat):
    for words in (START, "trà xanh", "xong", "3", "Bà Tư"):
        bot.later(60)
        await bot.says(chat, words)
    assert bot.last(chat) == "Xong 3 chén mời Bà Tư"


def test_a_topic_of_a_guide_finds_it() -> None:
    """What the flow file calls its topics is known to the finder, as words."""
    from pathlib import Path

    from bot.service.house import load_house
    from bot.service.phrases import phrases

    house, _ = load_house(Path(__file__).parents[2], {})
    flows = list(house.flows.values())
    known = {entry.answer: entry.phrases for entry in phrases(flows, house.library)}
    assert all(topic.replace("-", " ") in known[f"open:{flow.name}"] for flow in flows for topic in flow.topics)
    assert any(flow.topics for flow in flows)


async def test_chapters_stand_on_the_home_screen_and_open_their_guides(tmp_path):
    """A chapter is tapped or typed; its guides are one more tap away, and an open guide keeps its place meanwhile."""
    root = make_root(tmp_path)
    for language in ("vi", "en"):
        write_words(root, f"{language}/_bot/chapters", {"food": "🍚 Ăn uống", "words_food": "đồ ăn"})
    write_guide(root, "rice", RICE.replace("menu = 2", 'menu = 2\nchapter = "food"'), RICE_WORDS)
    async with a_bot(root) as bot:
        await bot.says("1", "/start")
        await bot.says("1", "/home")
        assert _labels(bot, "1")[:2] == [TEA_WORDS["_guide"]["title"], "🍚 Ăn uống"]
        await bot.says("1", "đồ ăn")
        assert (bot.last("1"), _labels(bot, "1")[0]) == ("🍚 Ăn uống", RETURN)
        await bot.taps("1", RETURN)
        assert (await bot.step("1")).startswith("rice/")


async def test_an_answer_refused_three_times_leads_to_a_human(tmp_path):
    """Nobody is left alone with a question they cannot answer; the step stays."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        await bot.taps("1", "✅ Xong rồi")
        for text in ("nhiều lắm", "chục"):
            await bot.says("1", text)
            assert "gặp người thật" not in bot.last("1")
        await bot.says("1", "mười lăm")
        assert "gặp người thật" in bot.last("1")
        assert await bot.step("1") == "tea/cups"
        await bot.says("1", "4")
        assert await bot.step("1") == "tea/guest"
