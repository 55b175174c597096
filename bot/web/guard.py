"""What every answer carries, and what is not let in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 1024
"""Of a posted form."""

MOST_FIELDS = 20

UNREADABLE = "unreadable"
"""Why a post is refused with 400: it is no form, or not UTF-8. A page of its own says so."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Nothing reaches other sites. "no-referrer" would also blank the Origin of our own forms, which older browsers
    # (without Sec-Fetch-Site) need to be let in.
    "referrer-policy": "same-origin",
}


class Headers:
    """Adds HEADERS to every response that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the headers are added when the response begins."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def comes_from_here(request: Request, public_url: str) -> bool:
    """Whether a page of ours posted this, and not another site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc in {request.headers.get("host"), urlsplit(public_url).netloc}


async def form(request: Request) -> dict[str, str]:
    """The fields of a posted form. Raises HTTPException 413: too large, 400, UNREADABLE: no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise HTTPException(400, UNREADABLE) from None
