"""What the reports say, in each language. Core."""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_suite.accesslog.records import Reason, Repair
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
    read_as: str
    lines_unit: str
    directives: str
    left_out: str
    recovered_lines: str
    invalid_lines: str
    damaged: str
    more_clients: str
    reading: str
    failed: str
    people: str
    people_are: str
    daily_visitors: str
    daily_visitors_are: str
    visits: str
    visits_are: str
    robots: str
    response_time: str
    value: str
    share: str
    distinct: str
    others: str
    change: str
    table: str
    rate: str
    live: str
    last_lines: str
    panels: Mapping[str, str]
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
    read_as="read as",
    lines_unit="lines",
    directives="Lines that only say how others are read",
    left_out="Lines that the filter left out",
    recovered_lines="Recovered lines",
    invalid_lines="Invalid lines",
    damaged="damaged: read up to there",
    more_clients="All clients:",
    reading="The log is being read; this page asks again by itself.",
    failed="The log could not be read.",
    people="People",
    people_are="distinct client addresses with an agent that is no robot's",
    daily_visitors="Visitors by day",
    daily_visitors_are="distinct pairs of address and agent, of each day",
    visits="Visits",
    visits_are="an address without a pause of 30 minutes",
    robots="Robots' requests",
    response_time="Response time",
    value="Value",
    share="Share",
    distinct="distinct",
    others="all others",
    change="Change",
    table="Table",
    rate="Lines a second",
    live="live",
    last_lines="Last lines",
    panels={
        "days": "Days",
        "hours": "Hours",
        "hours_of_day": "Hours of the day",
        "statuses": "Status",
        "methods": "Methods",
        "protocols": "Protocols",
        "paths": "Paths",
        "plain_paths": "Paths without query",
        "not_found": "Not found (404)",
        "referrers": "Referrers",
        "sites": "Referring sites",
        "browsers": "Browsers",
        "systems": "Operating systems",
        "bots": "Robots",
        "clients": "Clients",
        "places": "Places",
        "hosts": "Virtual hosts",
        "users": "Users",
        "tls": "TLS",
    },
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
        Reason.OBJECT: "starts as a JSON object, and is none",
        Reason.KEYS: "a JSON object without a client address or a status",
        Reason.COLUMNS: "not the columns that #Fields names",
        Reason.PATTERN: "not in the format that was asked for",
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
    read_as="형식",
    lines_unit="줄",
    directives="다른 줄을 읽는 법만 알리는 줄",
    left_out="필터로 뺀 줄",
    recovered_lines="복구한 줄",
    invalid_lines="무효인 줄",
    damaged="손상됨: 그 앞까지 읽음",
    more_clients="모든 사용자:",
    reading="기록을 읽는 중입니다. 이 페이지는 저절로 다시 열립니다.",
    failed="기록을 읽지 못했습니다.",
    people="사람",
    people_are="로봇이 아닌 에이전트를 쓴 서로 다른 클라이언트 주소",
    daily_visitors="날짜별 방문자",
    daily_visitors_are="하루마다 서로 다른 주소와 에이전트의 짝",
    visits="방문",
    visits_are="30분 넘게 쉬지 않은 한 주소의 요청들",
    robots="로봇의 요청",
    response_time="응답 시간",
    value="값",
    share="비율",
    distinct="가지",
    others="그 밖의 모두",
    change="변화",
    table="표",
    rate="초당 줄 수",
    live="실시간",
    last_lines="마지막 줄",
    panels={
        "days": "날짜별",
        "hours": "시간별",
        "hours_of_day": "하루의 시각별",
        "statuses": "상태 코드",
        "methods": "메서드",
        "protocols": "프로토콜",
        "paths": "경로",
        "plain_paths": "질의를 뺀 경로",
        "not_found": "없는 경로 (404)",
        "referrers": "참조 주소",
        "sites": "참조 사이트",
        "browsers": "브라우저",
        "systems": "운영 체제",
        "bots": "로봇",
        "clients": "사용자IP",
        "places": "지역",
        "hosts": "가상 호스트",
        "users": "사용자 이름",
        "tls": "TLS",
    },
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
        Reason.OBJECT: "JSON 객체로 시작하지만 객체가 아님",
        Reason.KEYS: "클라이언트 주소나 상태 코드가 없는 JSON 객체",
        Reason.COLUMNS: "#Fields가 정한 열과 다름",
        Reason.PATTERN: "지정한 형식과 다름",
    },
)

WORDS: Mapping[Language, Words] = {"en": ENGLISH, "ko": KOREAN}
