"""Handouts as files: what stands on them, that a code leads where it should, and that a copier does not harm them."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from bot.engine.path import main_way
from bot.flow.model import Kind
from bot.handout.page import PAGE
from bot.handout.press import FOLDER, code, pressed
from bot.handout.wanted import LONGEST_TEAM, SIZES, Refused, Wanted
from bot.handout.way import course
from bot.handout.words import OWN, Printer, printable
from bot.web.media import STATIC
from bot.wording.sentences import HANDOUT
from tests.kit.house import ROOT, guides
from tests.kit.printed import codes, copied, fonts, objects, pages, reader, words
from tests.kit.ready import loaded
from tests.kit.shell import make_root, write_guide, write_words

FONTS = STATIC / "fonts"
MEDIA = ROOT / "content" / "media"
LINK = "https://camtay.example/g/Kx7_pQ2a"
TEAM = "Tổ công nghệ số thôn 3"
GUIDE = "sim-verify"
BOTH = ("vi", "en")


def printer(language: str = "vi", house=None, **settings: str) -> Printer:
    """Puts the guides of this checkout into words, for an operator with a phone."""
    house = house or guides()
    media = house.root / "content" / "media" if hasattr(house, "root") else MEDIA
    return Printer(
        house.library, house.flows, language, media, {**house.settings, "phone": "0237 000 0000", **settings}
    )


@cache
def made(size: str, language: str = "vi", guide: str = GUIDE) -> bytes:
    """One handout."""
    return pressed(printer(language).data(guide, LINK, TEAM), size, FONTS)


# --- every guide, every size


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("guide", sorted(guides().flows))
def test_every_guide_can_be_printed(guide, language):
    """The whole of it: every step that asks has its number and headline, in order; nothing is left to be filled in."""
    house = guides()
    data = printer(language, house).data(guide, LINK)
    text = words(pressed(data, "guide", FONTS))
    whole = " ".join(text)
    assert PAGE not in whole
    assert "{{" not in whole
    steps = data["steps"]
    assert [each["number"] for each in steps] == list(range(1, len(steps) + 1))
    at = 0
    for each in steps:
        headline = f"{each['number']} {each['head']}"
        found = whole.find(squeezed(headline), at)
        assert found >= 0, headline
        at = found


def squeezed(text: str) -> str:
    """As `words` gives it."""
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("size", SIZES)
def test_every_size_says_what_it_is_where_it_leads_and_how_old_it_is(size, language):
    """Title, team, phone, the address in letters; as a picture the code leads to that very address."""
    file = made(size, language)
    assert [found for page in pages(file) for found in codes(page)] == [LINK]
    if SIZES[size].ending == "png":
        return
    data = printer(language).data(GUIDE, LINK, TEAM)
    text = words(file)
    for said in (data["title"], data["team"], data["call"], data["link_shown"], data["warning"], *data["footer"]):
        assert squeezed(said) in text[0].replace("- ", "-").replace("/ ", "/"), said
    assert TEAM in data["team"]
    assert data["footer"][-1] in text[-1]


def test_the_address_beside_the_code_can_be_typed():
    """Of a team's signed link it is the guide's own; the code and a tap on it open the link itself."""
    signed = "https://camtay.example/go/GfMkVKgSIclz5yxvjpeid-activate__type_code__kien-tho-01"
    data = printer("vi").data(GUIDE, signed, TEAM)
    assert (data["link"], data["link_shown"]) == (signed, f"camtay.example/g/{GUIDE}")
    assert printer("vi").data(GUIDE, LINK)["link_shown"] == LINK.removeprefix("https://")


@pytest.mark.parametrize("size", [size for size in SIZES if size != "guide"])
@pytest.mark.parametrize("language", BOTH)
def test_a_sheet_is_one_page_of_its_size(size, language):
    """Posters, flyers and cards have the size they are called by; pictures that many pixels."""
    [page] = pages(made(size, language))
    if SIZES[size].ending == "png":
        assert page.size == (SIZES[size].width, SIZES[size].height)
    else:
        box = reader(made(size, language)).pages[0].mediabox
        assert (float(box.width), float(box.height)) == pytest.approx((SIZES[size].width, SIZES[size].height), abs=0.1)


@pytest.mark.parametrize("guide", sorted(guides().flows))
def test_the_longest_words_still_fit_on_the_smallest_card(guide):
    """However long the title and the team: one page, and its code can be read."""
    file = pressed(printer("vi").data(guide, LINK, "Ư" * LONGEST_TEAM), "a6", FONTS)
    [page] = pages(file)
    assert codes(page) == [LINK]


# --- for everybody's eyes


@pytest.mark.parametrize("size", [size for size, form in SIZES.items() if form.ending == "pdf"])
def test_a_pdf_is_made_for_screen_readers(size):
    """PDF/UA-1 by its own word, and by what it needs: language, title, tags, headings, a text for every picture."""
    file = made(size)
    root = reader(file).trailer["/Root"]
    assert root["/Lang"] == "vi"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert reader(file).metadata.title == printer().title(GUIDE)
    tags = [each for each in objects(file) if "/S" in each and "/K" in each and each.get("/Type") != "/Action"]
    figures = [each for each in tags if each["/S"] == "/Figure"]
    assert any(LINK in each["/Alt"] for each in figures)
    assert all(each.get("/Alt") for each in figures)
    levels = {str(each["/S"]) for each in tags if re.fullmatch(r"/H\d", str(each["/S"]))}
    assert levels == ({"/H1", "/H2", "/H3"} if size == "guide" else {"/H1", "/H2"})


@pytest.mark.parametrize("size", [size for size, form in SIZES.items() if form.ending == "pdf"])
def test_all_letters_are_inside_the_file(size):
    """Be Vietnam Pro and nothing else, also in the drawings: a print shop without it prints the same."""
    found = fonts(made(size))
    assert found
    assert all(found.values())
    assert {re.sub(r"^[A-Z]{6}\+|-.*", "", name.lstrip("/")) for name in found} == {"BeVietnamPro"}


def test_the_letters_of_a_guide_are_large():
    """Fourteen points or more on every page after the first, but for its foot and the addresses of the sources."""
    letters: Counter[float] = Counter()

    def measure(text, page, line, font, size):
        if text.strip() and abs(page[3]) == 1:  # a drawing has a scale of its own
            letters[size] += len(text.strip())

    for page in reader(made("guide")).pages[1:-2]:
        page.extract_text(visitor_text=measure)
    foot = letters.pop(10.0)
    assert min(letters) >= 14
    assert letters[16.0] + letters[15.0] > 4 * foot


@pytest.mark.parametrize("size", SIZES)
def test_a_copier_does_not_harm_it(size):
    """In black and white, without any grey, the code still leads to the address."""
    assert codes(copied(pages(made(size))[0])) == [LINK]


def test_all_words_stand_out_from_their_ground_without_colour():
    """Every colour of letters against every ground, as the rules of contrast have it: 4.5 to 1 and more."""
    source = (FOLDER / "style.typ").read_text(encoding="utf-8")
    colour = dict(re.findall(r'#let (\w+) = rgb\("#(\w{6})"\)', source))

    def light(name: str) -> float:
        parts = [int(colour.get(name, "FFFFFF")[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for letters in ("ink", "main", "grey"):
        for ground in ("white", "soft"):
            assert (light(ground) + 0.05) / (light(letters) + 0.05) >= 4.5, (letters, ground)


# --- the whole guide


@pytest.mark.parametrize("guide", [GUIDE, "eid-change-device", "scam-link"])
def test_a_named_page_has_the_named_step(guide):
    """Every “step N, page P” is true: page P begins step N."""
    data = printer("en").data(guide, LINK)
    heads = {each["number"]: squeezed(each["head"]) for each in data["steps"]}
    text = words(made("guide", "en", guide))
    named = {
        (int(n), int(p)) for page in text for n, p in re.findall(r"go to step (\d+), page (\d+)", page, re.IGNORECASE)
    }
    assert len(named) > 2
    for number, page in named:
        assert f"{number} {heads[number]}" in text[page - 1], (number, page)


def test_pages_are_numbered():
    """Each says which of how many."""
    text = words(made("guide", "en"))
    for number, page in enumerate(text, 1):
        assert f"Page {number} of {len(text)}" in page


def test_nothing_of_the_guide_is_left_out():
    """Every sentence of every step that is not another guide's is on paper, in the flow's words."""
    house = guides()
    one = printer("vi", house)
    flow = house.flows[GUIDE]
    whole = " ".join(words(made("guide")))
    own = [step for step in flow.steps.values() if step.text.rpartition("/")[0] in {GUIDE, "pieces/no-otp"}]
    spoken = [step for step in own if step.kind is not Kind.FORK and step.name.count("/") < 2]
    spoken = [step for step in spoken if not step.scope]
    assert len(spoken) > 40
    for step in spoken:
        text = one.text(step)
        for line in (text["head"], *text["body"]):
            assert squeezed(line) in whole, (step.name, line)
        for answer in (*step.go, *step.stuck):
            if answer != "later":
                assert squeezed(one.piece(step.text, answer)) in whole
    for source in flow.sources:
        assert source.url.rpartition("/")[2].rpartition("-")[2] in whole


def test_the_straight_way_is_that_of_the_chat():
    """What the chat counts, in its order, before anything that only some people need."""
    house = guides()
    for flow in house.flows.values():
        counted = main_way(flow, flow.start, {}, date(2026, 11, 23))[1:]
        own = [name for name in counted if not flow.steps[name].scope]  # an entered guide has a handout of its own
        printed = [each.step.name for each in course(flow, house.flows).steps]
        assert [name for name in printed if name in own] == own


# --- words


@pytest.fixture
def root(tmp_path):
    """A small house with a guide whose texts depend on answers."""
    root = make_root(tmp_path)
    flow = """
start = "which"
review_by = 2090-01-01
[[source]]
url = "https://www.baochinhphu.vn/a"
checked = 2026-11-01
[[source]]
url = "https://vneid.gov.vn/b"
checked = 2026-10-05
[steps.which]
ask = "choice"
save = "soup"
go = {hot = "cook", cold = "cook", later = "later"}
[steps.cook]
do = true
next = "how_many"
stuck = {salty = "fix", later = "later"}
[steps.fix]
say = true
next = "cook"
[steps.how_many]
ask = "number"
save = "bowls"
branch = [{when = "soup == 'hot'", to = "blow"}, {to = "eat"}]
[steps.blow]
do = true
next = "eat"
[steps.eat]
end = "done"
[steps.later]
end = "later"
"""
    words_of = {
        "_guide": {"title": "🍲 Nấu canh", "goal": "{{ You }} có nồi canh.", "words": "nấu canh"},
        "which": {"text": "Chọn món", "hot": "👉 Canh nóng", "cold": "Canh nguội", "later": "Để sau"},
        "cook": {
            "text": "Nấu canh\n\nGọi 1900 0368.\n{% if soup == 'hot' %}\nĐun sôi.\n{% endif %}",
            "salty": "Mặn quá",
            "later": "Mệt rồi",
        },
        "fix": {"text": "Thêm nước"},
        "how_many": {"text": "Mấy bát?"},
        "blow": {"text": "Thổi cho nguội"},
        "eat": {"text": "Ăn {{ bowls }} bát thôi\n\nNgon lắm, {{ you }} nhé. {{ Me }} chờ."},
        "later": {"text": "Để khi khác\n\nCanh không vội."},
    }
    write_guide(root, "soup", flow, words_of)
    return root


def said(root, language: str = "vi") -> dict:
    """What the handout of the soup says."""
    house = loaded(root, {})
    return Printer(house.library, house.flows, language, root / "content" / "media").data("soup", LINK)


def test_on_paper_nobody_has_answered(root):
    """An answer that is not there is a line to write on; what depends on one is said with its condition."""
    data = said(root)
    cook, how_many = data["steps"][:2]
    assert cook["body"] == ["Gọi 1900\N{NO-BREAK SPACE}0368."]
    assert cook["notes"] == [{"label": "Nếu lúc đầu đã chọn “Canh nóng”:", "body": ["Đun sôi."]}]
    [end] = data["steps"][2]["groups"][-1]["rows"]
    assert end["items"][0]["head"] == "Ăn ………… bát thôi"
    [row] = how_many["groups"][0]["rows"]
    assert [each["label"] for each in row["rows"]] == ["Nếu lúc đầu đã chọn “Canh nóng”:", "Còn lại:"]
    assert how_many["write"]
    assert not cook["write"]


def test_everybody_is_addressed_alike(root):
    """On paper the reader is not known: “bà con”, and the bot calls itself by its name."""
    data = said(root)
    assert data["goal"] == "Bà con có nồi canh."
    assert data["steps"][2]["groups"][-1]["rows"][0]["items"][0]["body"] == ["Ngon lắm, bà con nhé. Cầm Tay chờ."]


def test_who_helps_is_not_called_as_those_who_are_helped(root):
    """A guide that speaks of “bà con” has another reader: called as the chat calls somebody new."""
    write_words(root, "vi/rice/wash", {"text": "Rủ bà con vo gạo\n\n{{ You }} chỉ, bà con làm."})
    house = loaded(root, {})
    one = Printer(house.library, house.flows, "vi", root / "content" / "media")
    assert one.data("rice", LINK)["steps"][0]["body"] == ["Bạn chỉ, bà con làm."]
    assert one.data("soup", LINK)["goal"] == "Bà con có nồi canh."


def test_a_quiz_tells_of_every_answer_what_is_right_about_it(root):
    """Each has its own words, else those for right or wrong; what follows all of them stands once."""
    flow = """
start = "ask"
pass = 1
review_by = 2090-01-01
[[source]]
url = "https://vneid.gov.vn"
checked = 2026-11-01
[steps.ask]
ask = "quiz"
right = ["hang_up"]
go = {hang_up = "all", read = "all", wait = "all"}
[steps.all]
say = true
next = "judge"
[steps.judge]
branch = [{when = 'passed == "no"', to = "ask"}, {to = "well"}]
[steps.well]
end = "done"
"""
    words_of = {
        "_guide": {"title": "Thử", "goal": "Thử xem.", "words": "thử"},
        "ask": {
            "text": "Ai hỏi mã thì sao?", "hang_up": "Cúp máy", "read": "Đọc mã", "wait": "Đợi xem",
            "right": "Đúng rồi", "why": "Chưa phải", "why_read": "Đừng đọc\n\nMã là chìa khóa.",
        },
        "all": {"text": "Không ai được hỏi mã"},
        "well": {"text": "Xong"},
    }  # fmt: skip
    write_guide(root, "soup", flow, words_of)
    choose, done = said(root)["steps"][0]["groups"]
    assert [(row["label"], row["items"][0]["head"], row["items"][0]["body"]) for row in choose["rows"]] == [
        ("Cúp máy", "Đúng rồi", []),
        ("Đọc mã", "Đừng đọc", ["Mã là chìa khóa."]),
        ("Đợi xem", "Chưa phải", []),
    ]
    [row] = done["rows"]
    assert [each["head"] for each in row["items"]] == ["Không ai được hỏi mã"]
    assert [(each["label"], each["then"] and each["then"]["words"]) for each in row["rows"]] == [
        ("Nếu còn sai nhiều câu hỏi:", "Làm lại bước này."),
        ("Còn lại:", None),
    ]


def test_signs_that_no_paper_has_are_left_out(root):
    """No little pictures before titles and labels; Vietnamese letters, quotation marks and dashes stay."""
    data = said(root)
    assert data["title"] == "Nấu canh"
    assert data["card"]["groups"][0]["rows"][0]["label"] == "Canh nóng"
    assert printable("ℹ️ Ở “đây” – 5 €… ✅") == "Ở “đây” – 5 €…"


def test_putting_it_off_is_said_once(root):
    """“Later” needs no words at every step; the first time they stand there in full."""
    data = said(root)
    [first] = [row for row in data["card"]["groups"][0]["rows"] if row["label"] == "Để sau"]
    assert first["items"][0]["body"] == ["Canh không vội."]
    stuck = data["steps"][0]["groups"][0]
    assert [row["label"] for row in stuck["rows"]] == ["Mặn quá"]
    assert stuck["rows"][0]["then"] == {"words": "Rồi làm lại bước này.", "to": None}


def test_the_foot_says_source_day_and_version(root):
    """The day is the oldest of all sources; the version changes with the words and the flow, not with who gives it."""
    data = said(root)
    assert data["footer"][:2] == ["Nguồn: baochinhphu.vn và 1 nơi khác", "đối chiếu ngày 05/10/2026"]
    assert re.fullmatch(r"bản [0-9a-f]{8}", data["footer"][2])
    house = loaded(root, {})
    other = Printer(house.library, house.flows, "vi", root / "content" / "media").data("soup", LINK + "1", TEAM)
    assert other["footer"] == data["footer"]
    write_words(root, "vi/soup/fix", {"text": "Thêm ít nước"})
    house = loaded(root, {})
    assert said(root)["footer"][2] != data["footer"][2]


def test_a_drawing_that_is_not_there_is_left_out(root):
    """The rest is printed; `bot check` tells what is missing."""
    house = loaded(root, {})
    flow = house.flows["soup"]
    broken = replace(flow, steps={**flow.steps, "cook": replace(flow.steps["cook"], picture="soup/none.svg")})
    data = Printer(house.library, {"soup": broken}, "vi", root / "content" / "media").data("soup", LINK)
    assert "picture" not in data["steps"][0]
    assert pressed(data, "a4", FONTS)[:4] == b"%PDF"


@pytest.mark.parametrize("language", BOTH)
def test_every_sentence_of_the_page_is_used(language):
    """What the checker demands is what the pages say, and the other way round."""
    assert set(guides().library._template((language, OWN)).blocks) == set(HANDOUT)


# --- what cannot be printed


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"guide": "sim-verif"}, "There is no guide 'sim-verif'. Did you mean 'sim-verify'?"),
        ({"size": "a44"}, "There is no size 'a44'. Did you mean 'a4'?"),
        ({"size": "poster"}, "There is no size 'poster'. There are a4, a5, a6, card, square, guide."),
        ({"language": "de"}, "There is no language 'de'. There are en, vi."),
        ({"link": "camtay.example"}, "The link must be a web address"),
        ({"link": "javascript:alert(1)"}, "The link must be a web address"),
        ({"link": "https://a.vn/\u202egpj"}, "The link must be a web address"),
        ({"link": "https://vneid.gov.vn@evil.example/"}, "The link must be a web address"),
        ({"link": f"https://a.vn/{'x' * 200}"}, "The link has 213 characters; at most 200"),
        ({"team": "x" * 61}, "The team's name has 61 characters; at most 60"),
        ({"team": "Tổ\n3"}, "The team's name must be one line"),
        ({"team": "微信"}, "The team's name must be one line of Latin letters"),
    ],
)
def test_what_cannot_be_printed_is_refused_in_one_sentence(change, why):
    """With what was meant, or what there is."""
    wanted = replace(Wanted(GUIDE, "a4", "vi", LINK, TEAM), **change)
    with pytest.raises(Refused) as refused:
        wanted.check(guides().flows, ["en", "vi"])
    assert str(refused.value).startswith(why)


def test_the_same_words_give_the_same_file():
    """So that a kept file and a new one can be compared, and a version means one file."""
    data = printer().data(GUIDE, LINK)
    for size in ("a6", "square", "guide"):
        assert pressed(data, size, FONTS) == pressed(data, size, FONTS)


def test_a_letter_that_the_typeface_lacks_is_no_empty_box():
    """It is told, not printed as a box."""
    data = {**printer().data(GUIDE, LINK), "title": "微信"}
    with pytest.raises(RuntimeError, match="微"):
        pressed(data, "a6", FONTS)


def test_a_code_is_black_on_white_with_room_around():
    """Four modules of white, as readers ask for, whatever paper it is printed on."""
    svg = code(LINK)
    assert "#fff" in svg
    size = int(re.search(r'width="(\d+)"', svg)[1])
    assert (size - 8 - 17) % 4 == 0  # a QR code has 17 + 4 × version modules


def test_a_missing_font_is_told(tmp_path):
    """Nothing else is put in its place."""
    shutil.copy(FONTS / "OFL.txt", tmp_path)
    with pytest.raises(RuntimeError):
        pressed(printer().data(GUIDE, LINK), "a6", tmp_path)
