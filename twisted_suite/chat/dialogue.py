"""The client's half of a chat: what to show, what to send, and when. Core: used by `client`.

Works against two kinds of servers and finds out which one it has:

* Ours reads lines. It answers a line end with line ends, so nothing has to be guessed or waited for.
* The lecture's takes whatever one ``recv`` returns for one message, so nothing may be sent close behind
  anything else, and a line end would be passed on to everybody.

::

    <- 로그인ID:                       the first silence after some text is a question
    -> name LF                        both take it: the lecture's server strips what it reads
    <- [name]님이 입장했습니다.          the lecture's: from here on a write is a message, `gap_s` apart
    <- [name]님이 입장했습니다. LF       ours: every message is a line
    <- anything else, and a question  the name was not acceptable
"""

import codecs
from collections import deque
from enum import Enum, auto

from twisted_suite.chat.codecs.text import visible

QUIT = "/quit"
# A text without a line end, from which nothing has come for so long, is whole.
QUIET_S = 0.1
# The lecture's server has a thread for every client, waiting in recv: it is there well within this.
CHUNK_GAP_S = 0.1
# More without a line end is no message of any server's; it is shown as it comes.
MAX_HEARD_CHARS = 32768
# What is typed without a line end is sent in pieces of this, for the server to refuse.
MAX_TYPED_BYTES = 65536


class Phase(Enum):
    """What the server waits for."""

    GREETING = auto()  # nothing: it has yet to ask
    ASKED = auto()  # a name
    ANSWERED = auto()  # nothing: it has a name to think about
    TALKING = auto()  # messages


class Dialogue:
    """One conversation with one server, with a `name` to give or with whatever is typed first."""

    def __init__(self, name: str | None = None) -> None:
        self.phase = Phase.GREETING
        self.has_said_goodbye = False  # the server may close now
        self.was_refused = False  # some name was
        self._name = name
        self._reads_lines = False  # the server does
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._heard = ""  # of the server, without a line end so far
        self._typed = b""  # by the user, likewise
        self._typed_all = False
        self._outbox: deque[str] = deque()

    # --- from the server ----------------------------------------------------------------------------------

    def received(self, data: bytes) -> str:
        """Returns what to show."""
        *lines, self._heard = (self._heard + self._decoder.decode(data)).split("\n")
        shown = "".join([self._show_line(line) for line in lines])
        return shown + self.silence() if len(self._heard) > MAX_HEARD_CHARS else shown

    @property
    def quiet_s(self) -> float | None:
        """Call `silence` when nothing has been received for so long, unless None."""
        return QUIET_S if self._heard else None

    def silence(self) -> str:
        """What came without a line end is whole. Returns what to show."""
        heard, self._heard = self._heard, ""
        if not heard:
            return ""
        if self.phase is not Phase.TALKING and not heard.startswith("["):
            self.was_refused = self.phase is Phase.ANSWERED
            self.phase = Phase.ASKED
            return visible(heard)  # what is typed goes beside the question
        self._enter(reads_lines=False)
        return visible(heard) + "\n"

    def _show_line(self, line: str) -> str:
        if line.startswith("["):
            self._enter(reads_lines=True)
        return visible(line.removesuffix("\r")) + "\n"

    def _enter(self, *, reads_lines: bool) -> None:
        if self.phase is not Phase.TALKING:
            self.phase, self._reads_lines = Phase.TALKING, reads_lines

    # --- from the user ------------------------------------------------------------------------------------

    def typed(self, data: bytes) -> None:
        *lines, self._typed = (self._typed + data).split(b"\n")
        if len(self._typed) > MAX_TYPED_BYTES:
            lines.append(self._typed)
            self._typed = b""
        texts = (line.decode("utf-8", "replace").removesuffix("\r") for line in lines)
        self._outbox.extend(text for text in texts if text.strip())

    def typed_all(self) -> None:
        """The user will type no more: when all is sent, say goodbye."""
        self.typed(b"\n")
        self._typed_all = True

    # --- to the server ------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many messages are waiting to be sent."""
        return len(self._outbox)

    @property
    def gap_s(self) -> float:
        """How long to wait after one message before the next."""
        return CHUNK_GAP_S if self.phase is Phase.TALKING and not self._reads_lines else 0.0

    @property
    def is_over(self) -> bool:
        """There will be no name to speak under: hang up."""
        name = self._next_name()
        return self.phase is Phase.ASKED and (name == QUIT or (name is None and self._typed_all))

    @property
    def waits_for_server(self) -> bool:
        """Whatever comes next is the server's to do, and it should not take long."""
        is_its_turn = self.phase in (Phase.GREETING, Phase.ANSWERED)
        return self.has_said_goodbye or (is_its_turn and self._typed_all)

    def next_message(self) -> bytes | None:
        """The next message, if one can be sent now; it counts as sent."""
        if self.phase is Phase.ASKED:
            return self._give_name()
        if self.phase is not Phase.TALKING or self.has_said_goodbye:
            return None
        if not self._outbox:
            return self._message(QUIT) if self._typed_all else None
        return self._message(self._outbox.popleft())

    def _give_name(self) -> bytes | None:
        name = self._next_name()
        if name in (None, QUIT):
            return None
        if self._name is None:
            self._outbox.popleft()
        self._name = None
        self.phase = Phase.ANSWERED
        return f"{name}\n".encode()

    def _next_name(self) -> str | None:
        return self._name or (self._outbox[0].strip() if self._outbox else None)

    def _message(self, text: str) -> bytes:
        self.has_said_goodbye = text.strip() == QUIT
        return (text + "\n" if self._reads_lines else text).encode()
