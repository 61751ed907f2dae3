"""The server's own words on the text port, in Korean and English. Core: used by the text codecs.

In Korean the lecture's lines are its own, letter for letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_suite.chat import messages as m


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `lines` are filled in with the event's own fields."""

    lines: Mapping[type[m.Event], str]
    faults: Mapping[m.NameFault, str]

    def line(self, event: m.Event) -> str:
        """What `event` reads as, without a line end."""
        if isinstance(event, m.NameRefused):
            return self.faults[event.fault]
        return self.lines[type(event)].format(event)


KOREAN = Words(
    lines={
        m.NameAsked: "로그인ID:",
        m.NameTaken: "이미 등록된 사용자입니다.",
        m.TriesExhausted: "로그인 시도가 너무 많습니다.",
        m.Joined: "[{0.name}]님이 입장했습니다.",
        m.Said: "[{0.name}] {0.text}",
        m.Left: "[{0.name}]님이 퇴장했습니다.",
        m.Missed: "(메시지 {0.count}개를 건너뛰었습니다.)",
        m.NotUnderstood: "{0.word}: 없는 명령입니다. 나가려면 /quit",
        m.MessageRefused: "메시지가 너무 깁니다. {0.limit_bytes}바이트까지 보낼 수 있습니다.",
        m.ServerStopped: "서버가 종료됩니다.",
    },
    faults={
        m.NameFault.EMPTY: "이름을 입력하세요.",
        m.NameFault.TOO_LONG: "이름이 너무 깁니다.",
        m.NameFault.HIDDEN: "이름에 보이지 않는 문자를 쓸 수 없습니다.",
        m.NameFault.BRACKET: "이름에 대괄호를 쓸 수 없습니다.",
        m.NameFault.SLASH: "이름은 /로 시작할 수 없습니다.",
    },
)

ENGLISH = Words(
    lines={
        m.NameAsked: "Login ID:",
        m.NameTaken: "That name is taken.",
        m.TriesExhausted: "Too many attempts to log in.",
        m.Joined: "[{0.name}] has joined.",
        m.Said: "[{0.name}] {0.text}",
        m.Left: "[{0.name}] has left.",
        m.Missed: "({0.count} messages skipped.)",
        m.NotUnderstood: "{0.word}: no such command. To leave: /quit",
        m.MessageRefused: "That message is too long. The limit is {0.limit_bytes} bytes.",
        m.ServerStopped: "The server is shutting down.",
    },
    faults={
        m.NameFault.EMPTY: "Please give a name.",
        m.NameFault.TOO_LONG: "That name is too long.",
        m.NameFault.HIDDEN: "A name cannot hold invisible characters.",
        m.NameFault.BRACKET: "A name cannot hold square brackets.",
        m.NameFault.SLASH: "A name cannot start with a slash.",
    },
)

LANGUAGES: Mapping[str, Words] = {"ko": KOREAN, "en": ENGLISH}
