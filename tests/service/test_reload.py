"""Edited guides come into service checked; a faulty one is refused and the old words and ways stay."""

from __future__ import annotations

import asyncio

from bot.channel.base import What
from bot.service.reload import Reload, open_house
from bot.store import tables
from tests.kit.shell import RICE, RICE_WORDS, TEA, TEA_WORDS, a_bot, a_config, make_root, write_guide, write_words

START = "/start tea"


def _guide(root, name="tea"):
    return root / "flows" / f"{name}.toml"


def _edit(root, old, new, name="tea"):
    path = _guide(root, name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


async def test_an_edited_guide_is_taken_over_and_people_inside_keep_their_place(tmp_path):
    """New words are spoken at the next message; the step and the answers stay."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        reload = Reload(bot.app.config, bot.app.conversation)
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        _edit(root, 'next = "cups"', 'next = "warm"')
        with _guide(root).open("a") as file:
            file.write('\n[steps.warm]\ndo = true\nnext = "cups"\n')
        for language in ("vi", "en"):
            write_words(root, f"{language}/tea/warm", {"text": "Tráng ấm"})
            write_words(root, f"{language}/tea/boil", {"text": "Đun nước thật sôi"})
        assert not [p for p in await reload.look() if p.is_error]
        assert await bot.step("1") == "tea/boil"
        await bot.says("1", "xem lại")
        assert bot.last("1") == "Đun nước thật sôi"
        await bot.taps("1", "✅ Xong rồi")
        assert bot.last("1") == "Tráng ấm"
        assert len((await bot.load("1"))[1]["tea"].visits) == 2


async def test_a_button_shown_before_the_edit_still_answers(tmp_path):
    """Old messages stay tappable after an edit, and after a restart with the edit."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        for chat in ("1", "2"):
            await bot.says(chat, START)
        old = {chat: bot.tap(chat, "Trà xanh").tap for chat in ("1", "2")}
        _edit(root, 'green = "boil"', 'green = "cups"')
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.takes(bot.incoming("1", What.TAP, tap=old["1"], message="2"))
        assert await bot.step("1") == "tea/cups"
    async with a_bot(root) as bot:
        bot.later(60)
        await bot.takes(bot.incoming("2", What.TAP, tap=old["2"], message="2"))
        assert await bot.step("2") == "tea/cups"


async def test_a_removed_step_loses_nobody_and_says_so(tmp_path):
    """Whoever stood there keeps the longest part that holds and hears it in one sentence."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", START)
        await bot.taps("1", "Trà xanh")
        tap = bot.tap("1", "✅ Xong rồi")
        path = _guide(root)
        begin, _, rest = path.read_text("utf-8").partition("[steps.boil]")
        path.write_text(begin.replace('"boil"', '"cups"') + rest[rest.index("[steps.cups]") :], encoding="utf-8")
        for language in ("vi", "en"):
            (root / "content" / language / "tea" / "boil.j2").unlink()
            (root / "content" / language / "tea" / "cold.j2").unlink()
        assert not [p for p in await Reload(bot.app.config, bot.app.conversation).look() if p.is_error]
        await bot.takes(tap)
        assert await bot.step("1") == "tea/cups"
        assert [row["state"] for row in await bot.rows(tables.inbox)] == ["done"] * 3


async def test_people_on_a_step_that_went_away_are_counted_in_the_log(tmp_path, caplog):
    """One warning for each step lost without [moved]; a step that moved, or where nobody stands, needs none."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        reload = Reload(bot.app.config, bot.app.conversation)
        for chat in ("1", "2"):
            await bot.says(chat, START)
            await bot.taps(chat, "Trà xanh")
        await bot.says("3", START)
        text = _guide(root).read_text("utf-8")
        for language in ("vi", "en"):
            write_words(root, f"{language}/tea/heat", {"text": "Đun nước"})
            write_words(root, f"{language}/tea/warm", {"text": "Đun nước"})
        heat = text.replace('"boil"', '"heat"').replace("[steps.boil", "[steps.heat")
        _guide(root).write_text(heat + '\n[moved]\nboil = "heat"\n', encoding="utf-8")
        assert not [p for p in await reload.look() if p.is_error]
        assert "is gone" not in caplog.text
        warm = text.replace('"boil"', '"warm"').replace("[steps.boil", "[steps.warm")
        _guide(root).write_text(warm, encoding="utf-8")
        assert not [p for p in await reload.look() if p.is_error]
        warnings = [record.getMessage() for record in caplog.records if "is gone" in record.getMessage()]
        assert warnings == ["step 'heat' of tea is gone, 2 people stand on it: add [moved]"]


async def test_the_log_says_which_guides_kept_their_old_form_and_how_to_mend_them(tmp_path, caplog):
    """Names, and behind the problem its hint."""
    caplog.set_level("INFO")
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        reload = Reload(bot.app.config, bot.app.conversation)
        _edit(root, 'next = "ready"', 'next = "redy"')
        problems = [p for p in await reload.look() if p.is_error]
        assert f"({problems[0].hint})" in caplog.text
        assert problems[0].hint
        _edit(root, 'next = "redy"', 'next = "ready"')
        await reload.look()
    taken = [record for record in caplog.records if record.getMessage() == "guides taken over"]
    assert [(record.guides, record.kept_old) for record in taken] == [(2, "tea"), (2, "none")]


async def test_a_faulty_guide_is_refused_with_its_problem_in_the_log(tmp_path, caplog):
    """The old way and the old words stay, also words that were never spoken before the edit."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", START)
        _edit(root, 'next = "ready"', 'next = "nowhere"')
        for language in ("vi", "en"):
            write_words(root, f"{language}/tea/cups", {"text": "MỚI"})
            write_words(root, f"{language}/tea/ready", {"text": "MỚI {{ nobody }}"})
            write_words(root, f"{language}/rice/wash", {"text": "Vo gạo kỹ"})
        problems = await Reload(bot.app.config, bot.app.conversation).look()
        assert {p.code for p in problems if p.is_error} == {"E009"}
        assert "flows/tea.toml:" in caplog.text
        assert "refused" in caplog.text
        await bot.taps("1", "Trà xanh")
        await bot.taps("1", "✅ Xong rồi")
        assert bot.last("1") == "Mấy chén?"
        await bot.says("1", "4")
        await bot.says("1", "Ông Ba")
        assert bot.last("1") == "Xong 4 chén mời Ông Ba"
        await bot.says("2", "/start rice")
        assert bot.last("2") == "Vo gạo kỹ"


async def test_a_file_that_is_no_toml_at_all_is_refused_and_mended_later(tmp_path):
    """A half-written file costs nothing; the mended one is taken over."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        reload = Reload(bot.app.config, bot.app.conversation)
        await bot.says("1", START)
        _guide(root).write_text("start = \n[[[", encoding="utf-8")
        for language in ("vi", "en"):
            write_words(root, f"{language}/tea/boil", {"text": "Đun {% if"})
        await reload.look()
        await reload.look()  # twice in a row: what is kept is kept again
        await bot.taps("1", "Trà xanh")
        assert bot.last("1") == "Đun nước"
        write_guide(root, "tea", TEA, {**TEA_WORDS, "boil": {"text": "Nấu nước"}})
        assert not [p for p in await reload.look() if p.is_error]
        await bot.says("1", "xem lại")
        assert bot.last("1") == "Nấu nước"


async def test_words_shared_by_a_faulty_and_a_sound_guide_fit_both(tmp_path):
    """A piece that changed together with a guide at fault waits with it: nobody meets a step without words."""
    root = make_root(tmp_path)
    piece = '[steps.greet]\nsay = true\nnext = "bye"\n[steps.bye]\nend = "done"\n'
    (root / "flows" / "pieces").mkdir()
    (root / "flows" / "pieces" / "hello.toml").write_text('start = "greet"\n' + piece, encoding="utf-8")
    for language in ("vi", "en"):
        write_words(root, f"{language}/pieces/hello/greet", {"text": "Kính chào"})
        write_words(root, f"{language}/pieces/hello/bye", {"text": "Xong phần chào"})
    for name, flow, words in (("tea", TEA, TEA_WORDS), ("rice", RICE, RICE_WORDS)):
        head, _, rest = flow.partition("[steps.")
        start = head.partition('start = "')[2].partition('"')[0]
        head = head.replace(f'start = "{start}"', 'start = "hello"')
        flow_text = f'{head}[steps.hello]\ninclude = "pieces/hello"\nnext = "{start}"\n\n[steps.{rest}'
        write_guide(root, name, flow_text, words)
    async with a_bot(root) as bot:
        assert set(bot.app.conversation.house.flows) == {"tea", "rice"}
        (root / "flows" / "pieces" / "hello.toml").write_text(
            'start = "greet"\n'
            + piece.replace('next = "bye"', 'next = "more"')
            + '[steps.more]\nsay = true\nnext = "bye"\n',
            encoding="utf-8",
        )
        for language in ("vi", "en"):
            write_words(root, f"{language}/pieces/hello/more", {"text": "Mời ngồi"})
        _edit(root, 'next = "ready"', 'next = "nowhere"', "tea")
        reload = Reload(bot.app.config, bot.app.conversation)
        await reload.look()
        await bot.says("1", "/start rice")
        await bot.says("2", "/start tea")
        assert await bot.rows(tables.inbox, state="parked") == []
        assert bot.last("1") == "Vo gạo"
        assert bot.last("2") == "Chọn loại trà"
        _edit(root, 'next = "nowhere"', 'next = "ready"', "tea")
        await reload.look()
        await bot.says("3", "/start rice")
        assert bot.heads("3")[-2:] == ["Mời ngồi", "Vo gạo"]


async def test_the_bots_own_words_at_fault_keep_the_whole_old_house(tmp_path, caplog):
    """A broken sentence of the bot itself: nothing of the edit is taken over."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        write_words(root, "vi/_bot/home", {"text": "{% if"})
        write_words(root, "vi/rice/wash", {"text": "Vo gạo kỹ"})
        await Reload(bot.app.config, bot.app.conversation).look()
        assert "the old guides stay in service" in caplog.text
        await bot.says("1", "/home")
        await bot.says("1", "/start rice")
        assert bot.last("1") == "Vo gạo"
        assert await bot.rows(tables.inbox, state="parked") == []


async def test_a_removed_guide_leaves_nobody_without_an_answer(tmp_path):
    """People inside are led to the list of guides."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", START)
        tap = bot.tap("1", "Trà xanh")
        _guide(root).unlink()
        await Reload(bot.app.config, bot.app.conversation).look()
        await bot.takes(tap)
        await bot.says("1", "9")
        assert await bot.rows(tables.inbox, state="parked") == []
        assert await bot.step("1") == ""
        assert bot.channel.buttons("1")[0].label == "🍚 Nấu cơm"


def test_at_the_start_a_faulty_guide_is_left_out_and_the_others_are_served(tmp_path):
    """One broken file does not keep the bot from starting; no sound guide at all does."""
    root = make_root(tmp_path)
    _edit(root, 'next = "ready"', 'next = "nowhere"')
    house, problems = open_house(a_config(root))
    assert house is not None
    assert set(house.flows) == {"rice"}
    assert [p.code for p in problems if p.is_error]
    _guide(root, "rice").write_text("?", encoding="utf-8")
    house, _ = open_house(a_config(root))
    assert house is None


async def test_a_running_bot_notices_edits_by_itself_and_survives_what_it_cannot_read(tmp_path, caplog):
    """The watcher takes a saved file over within seconds; a fault of its own does not end it."""
    caplog.set_level("INFO")
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        reload = Reload(bot.app.config, bot.app.conversation)
        watching = asyncio.create_task(reload.run())
        await asyncio.sleep(0.5)
        words = root / "content" / "vi" / "rice" / "wash.j2"
        words.unlink()
        words.mkdir()  # no file any more: reading it fails in a way no checker foresees
        await _until(lambda: "not taken over" in caplog.text or "refused" in caplog.text)
        assert not watching.done()
        words.rmdir()
        write_words(root, "vi/rice/wash", {"text": "Vo gạo kỹ"})
        await _until(lambda: "guides taken over" in caplog.text)
        for _ in range(50):
            await bot.says("1", "/start rice")
            if bot.last("1") == "Vo gạo kỹ":
                break
            await asyncio.sleep(0.1)
        assert bot.last("1") == "Vo gạo kỹ"
        reload.stop()
        await asyncio.wait_for(watching, 5)


async def _until(true):
    for _ in range(80):
        if true():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen")
