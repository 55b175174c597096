"""Drawings as the web serves them: put together, with an address that changes with them."""

from __future__ import annotations

import os

import pytest
from starlette.exceptions import HTTPException

from bot.web.media import FOR_EVER, SVG_POLICY, Files, address, size

PARTS = '{% macro box(title) %}<svg viewBox="0 0 640 480"><title>{{ title }}</title></svg>{% endmacro %}'


@pytest.fixture
def media(tmp_path):
    """A folder with parts, a drawing of them and one that is damaged."""
    (tmp_path / "parts.svg").write_text(PARTS, encoding="utf-8")
    (tmp_path / "tea").mkdir()
    drawing = '{% from "parts.svg" import box %}{{ box("Ấm & tách") }}'
    (tmp_path / "tea" / "kettle.svg").write_text(drawing, encoding="utf-8")
    (tmp_path / "tea" / "broken.svg").write_text("{% call %}", encoding="utf-8")
    return tmp_path


async def get(media, path, query=b"", method="GET", **headers):
    """The response to a request."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "headers": raw, "query_string": query, "path": f"/{path}"}
    return await Files(media, (".svg",)).get_response(path, scope)


async def test_a_drawing_is_served_put_together(media):
    """As SVG that runs nothing; for ever under an address with its version."""
    response = await get(media, "tea/kettle.svg", b"v=1")
    assert response.body.decode() == '<svg viewBox="0 0 640 480"><title>Ấm &amp; tách</title></svg>'
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert response.headers["content-security-policy"] == SVG_POLICY
    assert response.headers["cache-control"] == FOR_EVER
    assert (await get(media, "tea/kettle.svg")).headers["cache-control"] != FOR_EVER


async def test_what_a_browser_has_is_good_until_the_parts_change(media):
    """Its mark is that of the picture, not of the file."""
    mark = (await get(media, "tea/kettle.svg")).headers["etag"]
    same = await get(media, "tea/kettle.svg", if_none_match=mark)
    assert (same.status_code, same.body) == (304, b"")
    assert same.headers["content-security-policy"] == SVG_POLICY
    change_parts(media)
    assert (await get(media, "tea/kettle.svg", if_none_match=mark)).status_code == 200


def test_other_parts_are_another_address(media):
    """So that nobody sees the old picture under a name that is kept for ever."""
    before = address("/media", media, "tea/kettle.svg")
    assert before.startswith("/media/tea/kettle.svg?v=")
    assert address("/media", media, "tea/kettle.svg") == before
    change_parts(media)
    assert address("/media", media, "tea/kettle.svg") != before


def test_a_drawing_says_its_size(media):
    """Also when only its parts know it; what is not there or damaged has neither size nor address."""
    assert size(media, "tea/kettle.svg") == ("640", "480")
    for path in ("tea/none.svg", "tea/broken.svg"):
        assert size(media, path) == ("", "")
        assert address("/media", media, path) == ""


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("parts.svg", "GET", 404),
        ("tea/broken.svg", "GET", 404),
        ("tea/none.svg", "GET", 404),
        ("../tea/kettle.svg", "GET", 404),
        ("tea/kettle.svg", "POST", 405),
    ],
)
async def test_nothing_else_is_served(media, path, method, status):
    """The parts are no picture."""
    with pytest.raises(HTTPException) as caught:
        await get(media, path, method=method)
    assert caught.value.status_code == status


def change_parts(media):
    """Another title, written later."""
    (media / "parts.svg").write_text(PARTS.replace("{{ title }}", "Bếp: {{ title }}"), encoding="utf-8")
    os.utime(media / "parts.svg", (2_000_000_000, 2_000_000_000))
