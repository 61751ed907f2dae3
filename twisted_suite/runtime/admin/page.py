"""The admin page: its frame, in either language. Core. What moves in it is drawn by ``static/admin.js``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from twisted_suite.runtime.markup import Markup, tag
from twisted_suite.runtime.text import LANGUAGES, Language

# The page runs its own script, asks its own server, and is shown in nobody's frame (CSP level 3).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_META = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="admin.css"><script type="module" src="admin.js"></script>'
)


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    title: str
    other: str  # the name of the other language, in it
    serving: str
    draining: str
    lost: str  # the server does not answer
    waiting: str
    script: str
    uptime: str
    process: str
    lateness: str
    open: str
    accepted: str
    sent: str
    received: str
    buffered: str
    refused: str
    ended: str
    per_second: str
    peak: str
    none: str
    minutes: str


WORDS: Mapping[Language, Words] = {
    "en": Words(
        title="Services",
        other="한국어",
        serving="serving",
        draining="draining",
        lost="no answer from the server",
        waiting="Waiting for the first figures …",
        script="This page needs JavaScript; the same figures are at --metrics.",
        uptime="up for",
        process="process",
        lateness="event loop late by",
        open="open connections",
        accepted="new connections",
        sent="sent",
        received="received",
        buffered="waiting to be sent",
        refused="refused",
        ended="ended",
        per_second="/s",
        peak="peak",
        none="none so far",
        minutes="the last 5 minutes",
    ),
    "ko": Words(
        title="서비스",
        other="English",
        serving="서비스 중",
        draining="연결을 마무리하는 중",
        lost="서버가 응답하지 않습니다",
        waiting="첫 수치를 기다리는 중 …",
        script="이 페이지에는 JavaScript가 필요합니다. 같은 수치를 --metrics에서도 볼 수 있습니다.",
        uptime="가동 시간",
        process="프로세스",
        lateness="이벤트 루프 지연",
        open="열린 연결",
        accepted="새 연결",
        sent="보낸 양",
        received="받은 양",
        buffered="전송 대기",
        refused="거절",
        ended="종료",
        per_second="/초",
        peak="최고",
        none="아직 없음",
        minutes="최근 5분",
    ),
}


def to_html(language: Language) -> bytes:
    """The whole page."""
    words = WORDS[language]
    other: Language = "en" if language == "ko" else "ko"
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", words.title),
            tag("p", tag("span", "", id="state"), id="program", role="status"),
            tag("a", words.other, href=f"?lang={other}", lang=other, hreflang=other),
        ),
        tag("main", tag("p", words.waiting, id="waiting"), id="services"),
        tag("noscript", tag("p", words.script)),
        data_words=json.dumps(asdict(words), ensure_ascii=False),
    )
    head = tag("head", Markup(_META), tag("title", words.title + " – twisted_suite"))
    return ("<!DOCTYPE html>\n" + tag("html", head, body, lang=language)).encode()


def page_language(asked: str | None, accepted: str) -> Language:
    """The language of ``?lang=``, else the first of ours in an ``Accept-Language`` header."""
    for part in (asked or "", *accepted.split(",")):
        for tongue in LANGUAGES:
            if part.strip().lower().startswith(tongue):
                return tongue
    return "en"


def is_own_host(header: str) -> bool:
    """Whether a ``Host`` header names this machine by an address, or as localhost.

    Any other name may be a foreign page's, whose owner has pointed it at us to read along (DNS rebinding).
    """
    host = header.rpartition("]")[0] + "]" if header.startswith("[") else header.partition(":")[0]
    if host.startswith("["):
        return set(host[1:-1]) <= set("0123456789abcdefABCDEF:.")
    return host.lower() == "localhost" or (host != "" and set(host) <= set("0123456789."))
