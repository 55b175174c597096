"""`bot new guide`: the files of a guide to begin with."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from bot.cli.report import OK, USAGE, complain, shown

_FLOW = """\
# TODO say in one line what this guide is for
start     = "before_you_start"
topics    = ["{name}"]
review_by = {review}

[[source]]
url     = "https://vneid.gov.vn"  # TODO where the facts of this guide come from
checked = {today}

[steps.before_you_start]        # the opening card: a question with two buttons
ask = "choice"
[steps.before_you_start.go]
begin = "first_step"
later = "later"

[steps.first_step]              # an action: done / not yet / stuck are built in
do   = true
next = "finished"
[steps.first_step.stuck]        # a problem people have here, and the step that helps
not_found = "fix_not_found"

[steps.fix_not_found]           # says something and goes on by itself
say  = true
next = "first_step"

[steps.finished]
end = "done"

[steps.later]
end = "later"
"""

_WORDS = {
    "vi": {
        "_guide": """\
{% block title %}TITLE{% endblock %}
{% block goal %}{# TODO #}Làm xong việc này.{% endblock %}
{% block words %}
TITLE
{% endblock %}
""",
        "before_you_start": """\
{% block text %}
TITLE

{# TODO #}Cần có: điện thoại. Chừng 10 phút.
{% endblock %}
{% block begin %}👉 Bắt đầu{% endblock %}
{% block later %}Để sau{% endblock %}
""",
        "first_step": """\
{% block text %}
{# TODO #}Làm việc thứ nhất

{{ You }} làm xong thì bấm nút bên dưới.
{% endblock %}
{% block not_found %}Tìm chưa ra{% endblock %}
""",
        "fix_not_found": """\
{% block text %}
{# TODO #}Tìm lại ở màn hình chính

{{ You }} cứ thong thả, {{ me }} chờ.
{% endblock %}
""",
        "finished": """\
{% block text %}
{# TODO #}Vậy là {{ you }} làm xong rồi
{% endblock %}
""",
        "later": """\
{% block text %}
Để khi khác làm cũng được
{% endblock %}
""",
    },
    "en": {
        "_guide": """\
{% block title %}TITLE{% endblock %}
{% block goal %}{# TODO #}Get this done.{% endblock %}
""",
        "before_you_start": """\
{% block text %}
TITLE

{# TODO #}You need: a phone. About 10 minutes.
{% endblock %}
{% block begin %}👉 Begin{% endblock %}
{% block later %}Later{% endblock %}
""",
        "first_step": """\
{% block text %}
{# TODO #}Do the first thing

Tap the button below when it is done.
{% endblock %}
{% block not_found %}I cannot find it{% endblock %}
""",
        "fix_not_found": """\
{% block text %}
{# TODO #}Look again on the home screen

Take your time.
{% endblock %}
""",
        "finished": """\
{% block text %}
{# TODO #}It is done
{% endblock %}
""",
        "later": """\
{% block text %}
Another time is fine
{% endblock %}
""",
    },
}

_TALK = """\
# The straight way through.
> /start {name}
= before_you_start
* Bắt đầu
= first_step
* Xong rồi
= end done
"""

LONGEST_TITLE = 40
PIECES = "pieces"

TRANSLATE = "{# TODO translate #}"


def new_guide(name: str, title: str) -> int:
    """Write flow, words in Vietnamese and English, and a first talk. Nothing that exists is touched."""
    from bot.config import find_root
    from bot.engine.event import local_day
    from bot.flow.reader import is_flow_name

    root = find_root()
    title = " ".join(title.split())
    if name == PIECES:
        complain(f"'{name}' cannot name a guide: flows/{name}/ is the folder of what several guides include.")
        return USAGE
    if not is_flow_name(name) or "/" in name:
        complain(f"'{name}' cannot name a guide: small letters, digits and hyphens.")
        return USAGE
    if not title or len(title) > LONGEST_TITLE or any(sign in title for sign in "{}%#"):
        complain(f"A title is one line of 1 to {LONGEST_TITLE} characters, without {{ }} % #.")
        return USAGE
    today = local_day(int(time.time() * 1000))
    files = {Path("flows", f"{name}.toml"): _FLOW.format(name=name, today=today, review=today + timedelta(days=180))}
    for language, words in _WORDS.items():
        line = title if language == _language_of(title) else TRANSLATE + title
        for step, text in words.items():
            files[Path("content", language, name, f"{step}.j2")] = text.replace("TITLE", line)
    files[Path("tests", "talks", name, "first.talk")] = _TALK.format(name=name)
    for path in files:
        if (root / path).exists():
            complain(f"{shown(root / path)} exists already.")
            return USAGE
    try:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            complain(f"wrote {shown(root / path)}")
    except OSError as error:
        complain(f"Cannot write: {error.strerror} ({error.filename}).")
        return USAGE
    complain(f"Next: bot check, then bot chat {name}.")
    return OK


def _language_of(title: str) -> str:
    """Vietnamese has letters with marks. If a title happens to have none, a TODO too many does no harm."""
    return "en" if title.isascii() else "vi"
