"""What ``twisted-suite get`` says, in each language. Core."""

from dataclasses import dataclass

from twisted_suite.files.get.watching import Fetched
from twisted_suite.runtime.text import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words: a missing one is an error of the type checker. Sizes are filled in."""

    size: str
    earlier: str
    checked: str
    skipped: str
    checking: str
    waiting: str
    again: str
    stopped: str
    kept: str
    nothing_kept: str

    def finished(self, path: str, result: Fetched) -> str:
        """The line of a file that is here."""
        notes = [self.size.format(result.size)]
        if result.skipped:
            notes.append(self.skipped)
        if result.kept_bytes:
            notes.append(self.earlier.format(result.kept_bytes))
        if result.checked:
            notes.append(self.checked.format(result.checked))
        return f"{path}  {', '.join(notes)}"

    def left(self, kept_bytes: int) -> str:
        """What is left of a file that did not come."""
        return self.kept.format(kept_bytes) if kept_bytes else self.nothing_kept


WORDS: dict[Language, Words] = {
    "en": Words(
        size="{:,} bytes",
        earlier="{:,} of them from an earlier run",
        checked="{} matches",
        skipped="here already",
        checking="checking",
        waiting="waiting",
        again="{error}: trying again in {delay:.0f} s",
        stopped="{}: stopped",
        kept="{:,} bytes are kept: run it again to go on",
        nothing_kept="nothing is kept",
    ),
    "ko": Words(
        size="{:,}바이트",
        earlier="그중 {:,}바이트는 이전 실행분",
        checked="{} 일치",
        skipped="이미 있음",
        checking="검사 중",
        waiting="대기 중",
        again="{error}: {delay:.0f}초 뒤 다시 시도합니다",
        stopped="{}: 중단됨",
        kept="{:,}바이트를 남겨 두었습니다. 다시 실행하면 이어 받습니다",
        nothing_kept="남긴 것이 없습니다",
    ),
}
