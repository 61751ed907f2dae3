"""Errors as answers: a page for browsers, JSON for programs that ask for it, a line for others. Core."""

import json
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from twisted_suite.files.plan import Fields, Plan
from twisted_suite.runtime.text import language

_KOREAN = {
    400: "잘못된 요청",
    403: "볼 수 없습니다",
    404: "찾을 수 없습니다",
    405: "할 수 없는 요청",
    408: "요청이 너무 늦습니다",
    413: "너무 큽니다",
    414: "주소가 너무 깁니다",
    416: "그런 범위가 없습니다",
    431: "머리말이 너무 큽니다",
    500: "서버 오류",
    501: "모르는 요청",
    503: "지금은 할 수 없습니다",
    505: "모르는 HTTP 버전",
}

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{status} {title}</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:20vh auto;padding:0 1rem}}</style>
</head><body><h1>{title}</h1><p>{status}: {text}</p></body></html>
"""


def refusal(status: int, text: str, asked: Mapping[bytes, bytes], fields: Fields = ()) -> Plan:
    """The answer that says `status` and why, in the form that the fields `asked` of the request prefer."""
    accept = asked.get(b"accept", b"")
    phrase = HTTPStatus(status).phrase
    if b"application/json" in accept:
        body = json.dumps({"status": status, "error": phrase, "detail": text}).encode() + b"\n"
        kind = b"application/json"
    elif b"text/html" in accept:
        tongue = language({"LANG": asked.get(b"accept-language", b"").decode("latin-1")})
        title = _KOREAN.get(status, phrase) if tongue == "ko" else phrase
        body = _PAGE.format(language=tongue, status=status, title=title, text=escape(text)).encode()
        kind = b"text/html; charset=utf-8"
    else:
        body = f"{status} {phrase}: {text}\n".encode()
        kind = b"text/plain; charset=utf-8"
    described = (
        (b"Content-Type", kind),
        (b"Content-Length", b"%d" % len(body)),
        (b"Cache-Control", b"no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
    )
    return Plan(status, (*described, *fields), body)
