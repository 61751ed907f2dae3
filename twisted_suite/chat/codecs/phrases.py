"""The phrases of each language. Core: data for `words`.

Fields in braces are those of the event (``{0.name}``), or what `words` puts there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.names import NameFault
from twisted_suite.chat.replies import Fault


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. `lines` are filled in with the event's own fields."""

    lines: Mapping[type[e.Talk | r.Reply], str]
    faults: Mapping[NameFault, str]
    refusals: Mapping[Fault, str]
    help: tuple[str, ...]
    kicked: str
    came: str
    left: str
    modes_set: str
    missed: str
    missed_some: str
    entered: str
    topic: str
    no_topic: str
    no_rooms: str
    history: str
    away: str
    back: str
    away_mark: str


KOREAN = Phrases(
    lines={
        r.NameAsked: "로그인ID:",
        r.NameTaken: "이미 등록된 사용자입니다.",
        r.TriesExhausted: "로그인 시도가 너무 많습니다.",
        e.Joined: "[{0.who.name}]님이 입장했습니다.",
        e.Left: "[{0.who.name}]님이 퇴장했습니다.",
        e.Gone: "[{0.who.name}]님이 퇴장했습니다.",
        e.Renamed: "[{0.who.name}]님이 이름을 [{0.name}](으)로 바꿨습니다.",
        e.TopicSet: "[{0.who.name}]님이 주제를 정했습니다: {0.topic}",
        r.YouRenamed: "이제 이름은 [{0.name}]입니다.",
        r.NotUnderstood: "{0.word}: 없는 명령입니다. 무엇이 있는지는 /help",
        r.MessageRefused: "메시지가 너무 깁니다. {0.limit_bytes}바이트까지 보낼 수 있습니다.",
        r.ServerStopped: "서버가 종료됩니다.",
        r.IsAway: "{0.name}님은 자리에 없습니다. {0.message}",
        r.Invited: "[{0.who.name}]님이 #{0.room} 방으로 초대했습니다. /join {0.room}",
        r.InviteSent: "[{0.name}]님을 #{0.room} 방으로 초대했습니다.",
    },
    faults={
        NameFault.EMPTY: "이름을 입력하세요.",
        NameFault.TOO_LONG: "이름이 너무 깁니다.",
        NameFault.HIDDEN: "이름에 보이지 않는 문자를 쓸 수 없습니다.",
        NameFault.BRACKET: "이름에 대괄호를 쓸 수 없습니다.",
        NameFault.SLASH: "이름은 /로 시작할 수 없습니다.",
        NameFault.SEPARATOR: "방 이름에 빈칸과 쉼표를 쓸 수 없습니다.",
    },
    refusals={
        Fault.NO_SUCH_NAME: "{0}: 그런 사람이 없습니다. 누가 있는지는 /who",
        Fault.NO_SUCH_ROOM: "#{0}: 그런 방이 없습니다. 무엇이 있는지는 /rooms",
        Fault.BAD_ROOM_NAME: "{0}: 방 이름으로 쓸 수 없습니다. 빈칸, 쉼표, 대괄호 없이 48자까지입니다.",
        Fault.NOT_THERE: "그 방에 있지 않습니다. 먼저 /join 방",
        Fault.NOT_IN_ROOM: "{0}님은 #{1} 방에 없습니다.",
        Fault.ALREADY_THERE: "{0}님은 이미 #{1} 방에 있습니다.",
        Fault.TOO_MANY_ROOMS: "#{0}: 방이 너무 많습니다. 먼저 하나를 /part",
        Fault.NOT_OPERATOR: "#{0}: 방장만 할 수 있습니다.",
        Fault.BANNED: "#{0}: 들어올 수 없게 되어 있습니다.",
        Fault.INVITE_ONLY: "#{0}: 초대받은 사람만 들어갈 수 있습니다.",
        Fault.BAD_KEY: "#{0}: 열쇠가 맞지 않습니다. /join {0} 열쇠",
        Fault.FULL: "#{0}: 방이 가득 찼습니다.",
        Fault.MUTED: "#{0}: 이 방에서는 말할 수 없습니다.",
        Fault.UNKNOWN_MODE: "{0}: 없는 방 설정입니다.",
        Fault.TOO_MANY_BANS: "#{1}: 차단 목록이 가득 찼습니다.",
    },
    help=(
        "/join 방 [열쇠]   방에 들어가 거기서 말합니다",
        "/part [방]        방에서 나옵니다",
        "/who [방]         방에 누가 있는지 봅니다",
        "/rooms            어떤 방이 있는지 봅니다",
        "/nick 이름        이름을 바꿉니다",
        "/msg 이름 말      한 사람에게만 말합니다",
        "/me 행동          * 로 시작하는 줄로 말합니다",
        "/topic [주제]     방의 주제를 보거나 정합니다",
        "/history [개수]   지난 대화를 봅니다",
        "/away [까닭]      자리를 비웁니다. 까닭이 없으면 돌아옵니다",
        "/quit             나갑니다",
    ),
    kicked="[{0}]님이 [{1}]님을 내보냈습니다.",
    came="([{0}]님을 비롯하여 {1}명이 입장했습니다.)",
    left="({0}명이 퇴장했습니다.)",
    modes_set="[{0}]님이 방 설정을 바꿨습니다: {1}",
    missed="(메시지 {0}개를 건너뛰었습니다.)",
    missed_some="(그 사이의 메시지는 남아 있지 않습니다.)",
    entered="#{0}: {1}명이 있습니다.",
    topic="#{0} 주제: {1}",
    no_topic="#{0}: 주제가 없습니다.",
    no_rooms="아무도 방에 없습니다.",
    history="#{0}: 지난 대화 {1}개",
    away="{0}님이 자리를 비웠습니다.{1}",
    back="{0}님이 자리에 돌아왔습니다.",
    away_mark=" (자리 비움)",
)

ENGLISH = Phrases(
    lines={
        r.NameAsked: "Login ID:",
        r.NameTaken: "That name is taken.",
        r.TriesExhausted: "Too many attempts to log in.",
        e.Joined: "[{0.who.name}] has joined.",
        e.Left: "[{0.who.name}] has left.",
        e.Gone: "[{0.who.name}] has left.",
        e.Renamed: "[{0.who.name}] is now [{0.name}].",
        e.TopicSet: "[{0.who.name}] has set the topic: {0.topic}",
        r.YouRenamed: "You are now [{0.name}].",
        r.NotUnderstood: "{0.word}: no such command. For what there is: /help",
        r.MessageRefused: "That message is too long. The limit is {0.limit_bytes} bytes.",
        r.ServerStopped: "The server is shutting down.",
        r.IsAway: "{0.name} is away. {0.message}",
        r.Invited: "[{0.who.name}] invites you to #{0.room}. /join {0.room}",
        r.InviteSent: "[{0.name}] is invited to #{0.room}.",
    },
    faults={
        NameFault.EMPTY: "Please give a name.",
        NameFault.TOO_LONG: "That name is too long.",
        NameFault.HIDDEN: "A name cannot hold invisible characters.",
        NameFault.BRACKET: "A name cannot hold square brackets.",
        NameFault.SLASH: "A name cannot start with a slash.",
        NameFault.SEPARATOR: "A room's name cannot hold blanks and commas.",
    },
    refusals={
        Fault.NO_SUCH_NAME: "{0}: nobody has that name. Who is here: /who",
        Fault.NO_SUCH_ROOM: "#{0}: no such room. Which there are: /rooms",
        Fault.BAD_ROOM_NAME: "{0}: no name for a room. Up to 48 characters without blanks, commas, brackets.",
        Fault.NOT_THERE: "You are not in that room. First /join ROOM",
        Fault.NOT_IN_ROOM: "{0} is not in #{1}.",
        Fault.ALREADY_THERE: "{0} is in #{1} already.",
        Fault.TOO_MANY_ROOMS: "#{0}: too many rooms. First /part one",
        Fault.NOT_OPERATOR: "#{0}: only its operators may do that.",
        Fault.BANNED: "#{0}: you are banned from it.",
        Fault.INVITE_ONLY: "#{0}: only those who are invited may come in.",
        Fault.BAD_KEY: "#{0}: wrong key. /join {0} KEY",
        Fault.FULL: "#{0}: the room is full.",
        Fault.MUTED: "#{0}: you may not speak there.",
        Fault.UNKNOWN_MODE: "{0}: no such mode.",
        Fault.TOO_MANY_BANS: "#{1}: its list of bans is full.",
    },
    help=(
        "/join ROOM [KEY]  go into a room and talk there",
        "/part [ROOM]      leave a room",
        "/who [ROOM]       see who is in a room",
        "/rooms            see which rooms there are",
        "/nick NAME        take another name",
        "/msg NAME TEXT    say something to one person only",
        "/me ACTION        say it as a line that starts with *",
        "/topic [TOPIC]    see or set the room's topic",
        "/history [COUNT]  see what was said before",
        "/away [REASON]    be away; without a reason, be back",
        "/quit             leave",
    ),
    kicked="[{0}] has put out [{1}].",
    came="([{0}] and others have joined: {1})",
    left="(Left: {0})",
    modes_set="[{0}] has set the room's modes: {1}",
    missed="({0} messages skipped.)",
    missed_some="(What was said in between is no longer kept.)",
    entered="#{0}: {1} here.",
    topic="#{0} topic: {1}",
    no_topic="#{0}: no topic is set.",
    no_rooms="Nobody is in any room.",
    history="#{0}: the last {1}",
    away="{0} is away.{1}",
    back="{0} is back.",
    away_mark=" (away)",
)
