"""What the reports say, in each language. Core."""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_suite.accesslog.formats import Reason, Repair
from twisted_suite.runtime.text import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words: a missing one is an error of the type checker."""

    title: str
    page_views: str
    page_views_are: str
    visitors: str
    visitors_are: str
    sent: str
    bytes: str
    lines: str
    ok: str
    recovered: str
    invalid: str
    first: str
    last: str
    undated: str
    status: str
    requests: str
    client: str
    file: str
    recovered_lines: str
    invalid_lines: str
    damaged: str
    more_clients: str
    reading: str
    failed: str
    repairs: Mapping[Repair, str]
    reasons: Mapping[Reason, str]


ENGLISH = Words(
    title="Access log",
    page_views="Page views",
    page_views_are="status 200",
    visitors="Visitors",
    visitors_are="distinct client addresses",
    sent="Bytes sent",
    bytes="Bytes",
    lines="Lines",
    ok="ok",
    recovered="recovered",
    invalid="invalid",
    first="First",
    last="Last",
    undated="Lines whose time cannot be read",
    status="Status",
    requests="Requests",
    client="Client",
    file="File",
    recovered_lines="Recovered lines",
    invalid_lines="Invalid lines",
    damaged="damaged: read up to there",
    more_clients="All clients:",
    reading="The log is being read; this page asks again by itself.",
    failed="The log could not be read.",
    repairs={
        Repair.BYTE_ORDER_MARK: "a byte-order mark before the line",
        Repair.WRAPPING_QUOTES: "one more pair of quotes round the line",
        Repair.UNESCAPED_QUOTE: "an unescaped quote in the request",
    },
    reasons={
        Reason.EMPTY: "empty",
        Reason.TOO_LONG: "too long",
        Reason.START: "does not start with client, ident, user, [time] and a quoted request",
        Reason.REQUEST: "the quote that ends the request is missing",
        Reason.STATUS: "no three-digit status after the request",
        Reason.SIZE: "no size after the status",
    },
)

KOREAN = Words(
    title="웹 서버 접속 기록",
    page_views="총 페이지뷰",
    page_views_are="상태 코드 200",
    visitors="고유 방문자수",
    visitors_are="서로 다른 클라이언트 주소",
    sent="총 서비스 용량",
    bytes="서비스용량",
    lines="줄",
    ok="정상",
    recovered="복구",
    invalid="무효",
    first="처음",
    last="마지막",
    undated="시각을 읽을 수 없는 줄",
    status="상태 코드",
    requests="요청",
    client="사용자IP",
    file="파일",
    recovered_lines="복구한 줄",
    invalid_lines="무효인 줄",
    damaged="손상됨: 그 앞까지 읽음",
    more_clients="모든 사용자:",
    reading="기록을 읽는 중입니다. 이 페이지는 저절로 다시 열립니다.",
    failed="기록을 읽지 못했습니다.",
    repairs={
        Repair.BYTE_ORDER_MARK: "줄 앞의 바이트 순서 표시(BOM)",
        Repair.WRAPPING_QUOTES: "줄 전체를 한 번 더 감싼 따옴표",
        Repair.UNESCAPED_QUOTE: "요청 안의 이스케이프되지 않은 따옴표",
    },
    reasons={
        Reason.EMPTY: "빈 줄",
        Reason.TOO_LONG: "너무 긴 줄",
        Reason.START: 'client ident user [시각] "요청"으로 시작하지 않음',
        Reason.REQUEST: "요청을 닫는 따옴표가 없음",
        Reason.STATUS: "요청 뒤에 세 자리 상태 코드가 없음",
        Reason.SIZE: "상태 코드 뒤에 크기가 없음",
    },
)

WORDS: Mapping[Language, Words] = {"en": ENGLISH, "ko": KOREAN}
