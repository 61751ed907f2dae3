"""What a check found, and how it is told. Core."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from twisted_suite.runtime.text import Language


class Verdict(StrEnum):
    """How a check ended."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the table."""

    check: str  # half-close, back-pressure and so on
    verdict: Verdict
    detail: str


def passed(check: str, detail: str) -> Finding:
    """The server did as it should."""
    return Finding(check, Verdict.PASS, detail)


def failed(check: str, detail: str) -> Finding:
    """It did not."""
    return Finding(check, Verdict.FAIL, detail)


def skipped(check: str, detail: str) -> Finding:
    """It was not tried; the detail says what for."""
    return Finding(check, Verdict.SKIP, detail)


HEADINGS: Mapping[Language, Sequence[str]] = {
    "en": ("check", "result", "what was seen"),
    "ko": ("검사", "결과", "관찰한 것"),
}
VERDICTS: Mapping[Language, Mapping[Verdict, str]] = {
    "en": {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.SKIP: "not tried"},
    "ko": {Verdict.PASS: "통과", Verdict.FAIL: "실패", Verdict.SKIP: "건너뜀"},
}
CHECKS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "ko": {
        "answer": "응답",
        "fragmentation": "조각난 입력",
        "half-close": "반닫힘",
        "back-pressure": "역압",
        "non-reader timeout": "읽지 않는 상대의 시간 제한",
        "bad input": "잘못된 입력",
        "broken connections": "끊어진 연결",
    },
}


def to_json(findings: Iterable[Finding]) -> str:
    """As a list of objects."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def human_bytes(count: int) -> str:
    """``512 bytes``, ``6.2 MB``; a MB is 1,048,576 bytes."""
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MB"
