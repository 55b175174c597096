"""Drawings and the parts they are put together from."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.channel.picture import as_png
from bot.cli.draw import draw
from bot.picture import LEADING, PARTS, Damaged, check, expand, size, stamp
from bot.web.media import STATIC
from tests.kit.telegram_rules import photo_size

ROOT = Path(__file__).parents[2]
FONTS = STATIC / "fonts"
MEDIA = ROOT / "content" / "media"
DRAWINGS = sorted(path.relative_to(MEDIA).as_posix() for path in MEDIA.rglob("*.svg") if path.name != PARTS)
DOC = (ROOT / "docs" / "drawing.md").read_text(encoding="utf-8")
SHEET = (MEDIA / PARTS).read_text(encoding="utf-8")
MACRO = re.compile(r"^{% macro ([a-z]\w*\(.*?\)) %}", re.MULTILINE)
NAMES = [found.partition("(")[0] for found in MACRO.findall(SHEET)]
ICONS = re.findall(r'^  "([a-z]+)": \'<', SHEET, re.MULTILINE)
COLOURS = re.findall(r'"([a-z]+)": "#', SHEET)
SVG = "{http://www.w3.org/2000/svg}"


def written(media: Path, body: str) -> None:
    """The parts, and the body on a page with every part at hand."""
    (media / PARTS).write_text(SHEET, encoding="utf-8")
    (media / "one.svg").write_text(page(body), encoding="utf-8")


def page(body: str) -> str:
    """A drawing with every part at hand."""
    return f'{{% from "parts.svg" import {", ".join(NAMES)} %}}\n{{% call page("Thử") %}}\n{body}\n{{% endcall %}}\n'


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Expands a body, in a folder whose parts are read once."""
    media = tmp_path_factory.mktemp("media")
    (media / PARTS).write_text(SHEET, encoding="utf-8")
    numbers = count()

    def draw_one(body: str) -> str:
        path = f"{next(numbers)}.svg"
        (media / path).write_text(page(body), encoding="utf-8")
        check(media, path)
        return expand(media, path)

    return draw_one


@pytest.fixture
def fault(drawn):
    """Says what is wrong with a body, from the line on."""

    def fault_of(body: str) -> str:
        with pytest.raises(Damaged) as caught:
            drawn(body)
        return str(caught.value).partition(".svg:")[2]

    return fault_of


@pytest.mark.parametrize("path", DRAWINGS)
def test_a_drawing_of_the_house(path):
    """Made of parts; large letters, one highlight, nothing written outside the page."""
    source = (MEDIA / path).read_text(encoding="utf-8")
    assert '{% from "parts.svg" import ' in source
    assert len(source.splitlines()) <= 16
    check(MEDIA, path)
    svg = expand(MEDIA, path)
    tree = ET.fromstring(svg)
    assert (tree.findtext(f"{SVG}title") or "").strip()
    assert size(svg) == ("640", "480")
    for text in tree.iter(f"{SVG}text"):
        assert float(text.get("font-size")) >= 26, text.text
        assert 0 < float(text.get("x")) < 640, text.text
        assert 20 < float(text.get("y")) < 476, text.text
    assert svg.count('class="highlight"') <= 1


@pytest.mark.parametrize("path", DRAWINGS)
def test_a_drawing_of_the_house_is_a_photo(path):
    """It renders with the shipped fonts."""
    assert photo_size(as_png(expand(MEDIA, path), FONTS)) == (1080, 810)


def test_the_page_of_the_parts_names_them_all():
    """docs/drawing.md has each part with its arguments, each icon and each colour, and nothing that is not there."""
    assert sorted(re.findall(r"^- `(\w+\(.*?\))`:", DOC, re.MULTILINE)) == sorted(MACRO.findall(SHEET))
    icons = DOC.partition("## Icons")[2].partition("##")[0]
    assert re.findall(r"`(\w+)`", icons) == ICONS
    colours = DOC.partition("## Colours")[2].partition("##")[0]
    assert re.findall(r"`(\w+)`", colours) == COLOURS


@pytest.mark.parametrize("example", re.findall(r"```\n({% from .*?)```", DOC, re.DOTALL))
def test_an_example_of_the_page_is_a_drawing(example, tmp_path):
    """They are complete and have a highlight."""
    written(tmp_path, "")
    (tmp_path / "one.svg").write_text(example, encoding="utf-8")
    check(tmp_path, "one.svg")
    assert 'class="highlight"' in expand(tmp_path, "one.svg")


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_well_formed(name, drawn):
    """One mark out of place would break each drawing that uses it."""
    assert "currentColor" in drawn(f'{{{{ icon("{name}", 320, 240) }}}}')


@pytest.mark.parametrize(
    "body",
    [
        'phone("A", at="web", dark=true)',
        'browser("a.vn")',
        'handset(320, 240, words="Máy cũ", sign="bell", ring=true, hand=true)',
        'field(1, "Tên", down=true, ring=true)',
        'field(4, value="An", at="left", hand=true)',
        'field(1, dots=9, at="right")',
        'button(2, "Gửi", sign="tick", at="middle", ring=true, hand=true)',
        'button(2, sign="download", main=true)',
        'link(3, "Quên", ring=true)',
        'label(1, "Tên", bold=true, middle=true)',
        "digits(1, 4, filled=2, ring=true)",
        'item(1, "Thẻ", "id", "forward", ring=true)',
        'choice(1, "Có", on=true, round=false, ring=true)',
        'switch(1, "Máy bay", on=true, ring=true)',
        "bars(1, 3)",
        'sms(1, "Mã của bác", "Tin nhắn", rows=3, bad=true, ring=true)',
        'tile(1, 1, "bank", "Ngân hàng", ring=true)',
        "tiles(2, first=1.5)",
        'dialog("Cho phép?", "Có", "Không", ring=true, hand=true)',
        'calling("Số lạ", known=true, ring="green")',
        'text(20, 50, "Chữ", anchor="start", w=200, color="bad")',
        'aside("2", "câu", ring=true)',
        'badge("warning", 320, 240, color="soft", words="Khoan", ring=true)',
        "arrow(10, 10, 200, 300, both=true)",
        'bubble(320, 240, 200, "Alô?", tail="right", bad=true, ring=true)',
        "bubble(320, 240, 200, tail='middle')",
        "crossed(320, 240, 100, 100, color='bad')",
        "ring(320, 240, 100, 100, hand=true)",
        "hand(320, 240, flip=true)",
        "viewfinder(320, 240, 100, 100)",
        'person(320, 240, cap=true, grey=true, words="Bác", ring=true)',
        'desk(320, 240, words="Một cửa", cap=true, ring=true)',
        'house(320, 240, 300, "Bưu điện", "envelope", ring=true)',
        'card(320, 240, kind="bank", line=true, ring=true)',
        'card(320, 240, words="Thẻ", kind="health", ring=true, hand=true)',
        'card(320, 240, kind="plain")',
        'paper(320, 240, title="Hóa đơn", sign="bolt", ring=true)',
        'paper(320, 240, rows=("Giờ", "Số"))',
        'notebook(320, 240, words="Mật khẩu", ring=true)',
        "qr(320, 240, ring=true)",
        "sticker(320, 240)",
        'sim(320, 240, words="SIM", ring=true)',
        'money(320, 240, words="50.000 đ", ring=true)',
        'calendar(320, 240, day="15", month="Tháng 12", ring=true)',
        "oval(320, 240, grey=true, ring=true)",
    ],
)
def test_a_part_with_all_it_takes(body, drawn):
    """It expands to well-formed SVG and renders; asked for a mark it gives one."""
    svg = drawn(f"{{{{ {body} }}}}")
    assert as_png(svg, FONTS) != as_png(drawn(""), FONTS)
    assert svg.count('class="highlight"') == int("ring" in body or "viewfinder" in body or "hand=" in body)


def test_rings_and_hands_lie_on_top(drawn):
    """Whatever is painted after the part that has them."""
    svg = drawn('{{ button(1, "Gửi", ring=true) }}\n{{ text(300, 400, "Sau") }}')
    assert svg.index("Gửi") < svg.index("Sau") < svg.index('class="highlight"')


def test_words_are_words(drawn):
    """What looks like markup in words stays words."""
    assert "&lt;b&gt; &amp; &#34;" in drawn("""{{ text(320, 100, '<b> & "') }}""")


def test_long_words_get_smaller_and_then_break(drawn, fault):
    """Before a part says that it has no room."""
    assert 'font-size="32"' in drawn('{{ button(1, "Tiếp tục") }}')
    assert 'font-size="28"' in drawn('{{ button(1, "Gửi yêu cầu cho cán bộ") }}')
    lines = drawn('{{ button(1, "Đăng nhập bằng số điện thoại của tôi") }}')
    assert lines.count('font-size="28"') == 2
    upper, lower = (float(y) for y in re.findall(r'<text x="250.0" y="([\d.]+)"', lines))
    assert lower - upper == pytest.approx(28 * LEADING, abs=0.2)
    assert fault('{{ button(1, "Đăng nhập bằng số điện thoại hoặc bằng số định danh cá nhân") }}') == (
        "3: no room for 'Đăng nhập bằng số điện thoại hoặc bằng số định danh cá nhân': say it shorter or in more lines"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('\n{{ button(1, "Gửi", at="huge") }}', "4: no screen 'huge'; there are big, middle, left, right, web"),
        ('{{ icon("cat", 1, 1) }}', "3: no icon 'cat'; there are tick, cross"),
        ('{{ badge("tick", 1, 1, color="pink") }}', "3: no colour 'pink'; there are ground, paper"),
        ('{{ text(1, 1, "a", size=12) }}', "3: letters of 12 are too small"),
        ('{{ card(1, 1, kind="gold") }}', "3: no card 'gold'; there are id, bank"),
        ("{{ button() }}", "3: parameter 'row' was not provided"),
        ('{{ button("1", "Gửi") }}', "3: unsupported operand"),
        ("{{ button(1, colour=2) }}", "3: macro 'button' takes no keyword argument 'colour'"),
        ("{{ buton(1) }}", "3: 'buton' is undefined"),
        ("\n{{ button(1 }}", "4: unexpected '}'"),
        ("{{ ''.__class__.__mro__ }}", "3: access to attribute '__class__'"),
        ("{{ qr(100, 100, ring=true) }}\n{{ qr(400, 100, ring=true) }}", "2: more than one highlight"),
        ("<g>", "1: not well-formed XML: mismatched tag in line"),
        ("{% include 'two.svg' %}", "1: there is no two.svg"),
    ],
)
def test_a_fault_has_its_line(body, said, fault):
    """File, line and what is wrong."""
    assert fault(body).startswith(said)


def test_a_fault_of_the_parts_is_theirs(tmp_path):
    """A drawing cannot help it."""
    written(tmp_path, "")
    (tmp_path / PARTS).write_text("\n{% macro page( %}", encoding="utf-8")
    with pytest.raises(Damaged) as caught:
        check(tmp_path, "one.svg")
    assert (caught.value.path, caught.value.line) == (PARTS, 2)


def test_plain_svg_stays_as_it_is(tmp_path):
    """No parts are needed for it, and braces mean nothing."""
    (tmp_path / "one.svg").write_text('<svg viewBox="0 0 4 3"><title>{{ x }}</title></svg>', encoding="utf-8")
    check(tmp_path, "one.svg")
    assert expand(tmp_path, "one.svg") == '<svg viewBox="0 0 4 3"><title>{{ x }}</title></svg>'
    (tmp_path / "one.svg").write_bytes(b"<svg>\xff</svg>")
    with pytest.raises(Damaged, match=r"one\.svg:1: not UTF-8"):
        expand(tmp_path, "one.svg")
    (tmp_path / "one.svg").write_text("<svg>\n\n</g>", encoding="utf-8")
    with pytest.raises(Damaged, match=r"one\.svg:3: not well-formed XML: mismatched tag"):
        check(tmp_path, "one.svg")


def test_other_parts_are_another_picture(tmp_path):
    """An edit of the parts shows at once in every drawing; without an edit nothing is read again."""
    written(tmp_path, '{{ text(320, 240, "Chào") }}')
    before = expand(tmp_path, "one.svg")
    stamped = stamp(tmp_path, "one.svg")
    assert expand(tmp_path, "one.svg") is expand(tmp_path, "one.svg")
    (tmp_path / PARTS).write_text(SHEET.replace("#F3EFE6", "#FFFFF0"), encoding="utf-8")
    os.utime(tmp_path / PARTS, (2_000_000_000, 2_000_000_000))
    assert stamp(tmp_path, "one.svg") != stamped
    assert expand(tmp_path, "one.svg") == before.replace("#F3EFE6", "#FFFFF0")
    with pytest.raises(OSError, match="none"):
        expand(tmp_path, "none.svg")


def test_one_command_shows_a_drawing(tmp_path, monkeypatch, capsys):
    """`bot draw`: as PNG, as plain SVG, or what is wrong with it."""
    monkeypatch.setenv("CAM_TAY_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    media = tmp_path / "content" / "media"
    media.mkdir(parents=True)
    (tmp_path / "flows").mkdir()
    written(media, '{{ text(320, 240, "Chào") }}')
    svg = expand(media, "one.svg")
    assert draw("content/media/one.svg", png="look/one.png") == 0
    assert photo_size((tmp_path / "look" / "one.png").read_bytes()) == (1080, 810)
    assert draw("content/media/one.svg", svg="one.svg") == 0
    assert (tmp_path / "one.svg").read_text(encoding="utf-8") == svg
    capsys.readouterr()
    assert draw("content/media/one.svg") == 0
    assert capsys.readouterr().out == svg + "\n"
    (media / "one.svg").write_text("{% call x() %}", encoding="utf-8")
    assert draw("content/media/one.svg", png="one.png") == 1
    assert "content/media/one.svg:1: " in capsys.readouterr().err
    assert draw("content/media/none.svg") == 2
    assert draw("one.svg") == 2
    assert draw("some-guide", png="one.png") == 2
