"""The preview: every guide can be shown, and what is shown is what arrives on the platforms."""

from __future__ import annotations

import html
import re
import shutil

import pytest

from bot.app import say_of
from bot.capability import CAPABILITIES
from bot.cli.preview import OK, USAGE, page_of, preview
from bot.config import Config
from bot.engine.chat import Chat
from bot.flow.model import Kind
from bot.preview.page import Previewer
from bot.preview.paper import Paper
from bot.preview.scenes import stops
from tests.channel.conftest import ROOT, telegram_of
from tests.channel.test_telegram_walk import GUIDES
from tests.channel.zalo import living_on_zalo
from tests.channel.zalo_oa import oa_of
from tests.kit.clock import MORNING
from tests.kit.ready import loaded
from tests.kit.telegram import TelegramDouble
from tests.kit.zalo_bot import ZaloBotDouble
from tests.kit.zalo_oa import ZaloOaDouble

OUR_BUTTONS = re.compile(r"bấm nút (dưới|bên dưới|báo)|nút thứ (nhất|hai|ba)|button below|(first|second|third) button")
"""Of what a Zalo bot has no buttons for. Buttons of other apps are spoken of in other words."""

SILENT = (Kind.FORK, Kind.ENTER, Kind.INCLUDE)


def house_of(root):
    """The guides of a folder."""
    return loaded(root, Config(root=root, database="").words)


def speaker_of(house, language="vi"):
    """Who speaks to somebody of whom nothing is known."""
    return house.speaker(Chat("preview:1", "preview", "1", language, 0, 0))


def previewer_of(root, house):
    """Makes pages of a folder's guides."""
    config = Config(root=root, database="")
    return Previewer(root / "content", Paper(root / "content" / "media", say_of(config, house)))


def whole(bubbles):
    """The words and labels of what one channel got."""
    return [f"{one.before}{one.large}{one.after}" for one in bubbles], [
        each for one in bubbles for r in one.rows for each in r
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("guide", GUIDES)
async def test_every_guide_can_be_previewed(guide, language):
    """All steps that speak, each with its known problems, within what each platform takes."""
    house = house_of(ROOT)
    flow, speaker, previewer = house.flows[guide], speaker_of(house, language), previewer_of(ROOT, house)
    shown = list(stops(flow, speaker, MORNING))
    assert [stop.step for stop in shown] == [
        step for step in flow.steps.values() if step.kind not in SILENT and not step.scope
    ]
    for stop in shown:
        assert stop.scenes[0].about == ""
        assert ("stuck" in [scene.about for scene in stop.scenes]) == bool(stop.step.stuck)
        for scene in stop.scenes:
            five = await previewer.five(scene, speaker)
            for name in ("telegram", "zalo_bot", "zalo_oa"):
                texts, labels = whole(getattr(five, name))
                assert scene.message.head in texts[-1] or scene.message.head in texts[0]
                assert all(len(text) <= CAPABILITIES[name].text for text in texts)
                assert len(labels) <= CAPABILITIES[name].buttons
            assert not OUR_BUTTONS.search("\n".join(whole(five.zalo_bot)[0]))
            for label in (button.label for button in scene.message.buttons):
                assert label in html.unescape(five.web)
                assert label in five.terminal


async def test_what_is_shown_is_what_arrives(tea, tmp_path):
    """The same texts, labels and pictures on the doubles of Telegram, Zalo's bots and official accounts."""
    house = house_of(tea)
    speaker, previewer = speaker_of(house), previewer_of(tea, house)
    scenes = [scene for stop in stops(house.flows["tea"], speaker, MORNING) for scene in stop.scenes]
    assert [scene.about for scene in scenes].count("not what was asked") == 2
    fives = [await previewer.five(scene, speaker) for scene in scenes]
    async with TelegramDouble() as double, ZaloOaDouble() as oa, ZaloBotDouble() as bot:
        telegram, account = telegram_of(double, tea, tmp_path), oa_of(oa, tea, tmp_path)
        on_telegram, on_oa = double.person(7, started=True), oa.person("a", started=True)
        async with living_on_zalo(bot, tea, tmp_path) as living:
            on_zalo = bot.person("a", started=True)
            for scene in scenes:
                await telegram.send("7", scene.message)
                await account.send("a", scene.message)
                await living.zalo.send("a", scene.message)
        arrived = [each for each in on_telegram.screen if each.by_bot]
        assert [each.plain for each in arrived] == [text for five in fives for text in whole(five.telegram)[0]]
        assert [[b["text"] for b in each.buttons] for each in arrived] == [whole(five.telegram)[1] for five in fives]
        assert [bool(each.photo) for each in arrived] == [bool(one.picture) for five in fives for one in five.telegram]
        arrived = [each for each in on_zalo.screen if each.by_bot]
        assert [each.text for each in arrived] == [text for five in fives for text in whole(five.zalo_bot)[0]]
        assert [each.large for each in arrived] == [one.large for five in fives for one in five.zalo_bot]
        assert [bool(each.picture) for each in arrived] == [bool(o.picture) for five in fives for o in five.zalo_bot]
        arrived = [each for each in on_oa.screen if each.by_bot]
        assert [each.text for each in arrived] == [text for five in fives for text in whole(five.zalo_oa)[0]]
        assert [each.labels for each in arrived] == [whole(five.zalo_oa)[1] for five in fives]
        await telegram.close()
        await account.close()


async def test_the_page_needs_nothing_beside_it(tea):
    """Pictures and letters are inside; what the checker says of a channel stands at its step."""
    house = house_of(tea)
    text = tea / "content" / "vi" / "tea" / "boil.j2"
    text.write_text(text.read_text(encoding="utf-8").replace("Đợi sôi.", "Đợi sôi. " * 300), encoding="utf-8")
    page = await page_of(Config(root=tea, database=""), house_of(tea), house.flows["tea"], speaker_of(house))
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)|url\((?!"?data:)""", page)
    assert page.count("data:image/svg+xml;base64,") == 4
    (found,) = re.findall(
        r'<section class="p-step" id="(\w+)">(?:(?!</section>).)*p-found">(\w+) line 1', page, re.DOTALL
    )
    assert found == ("boil", "E035")
    assert "Mời Hoa uống trà" in page


def test_the_command(tea, monkeypatch, capsys):
    """Writes below data/preview, or where it is told; a wrong name is told with the right ones."""
    monkeypatch.chdir(tea)
    shutil.copy(ROOT / "bot.toml", tea / "bot.toml") if (ROOT / "bot.toml").exists() else None
    options = {"html": True, "out": "", "language": "", "address": ""}
    assert preview("tea", **options) == OK
    assert "Pha trà" in (tea / "data" / "preview" / "tea.vi.html").read_text(encoding="utf-8")
    assert preview("tea", **{**options, "out": "-", "language": "en"}) == OK
    assert '<html lang="en">' in capsys.readouterr().out
    assert preview("tea", **{**options, "html": False, "address": "bac"}) == OK
    assert "--- cups (not what was asked)\nGõ một con số" in capsys.readouterr().out
    for wrong in ({"guide": "tee"}, {"language": "fr"}, {"address": "nobody"}):
        assert preview(**{"guide": "tea", **options, **wrong}) == USAGE
    assert "address 'nobody'" in capsys.readouterr().err
