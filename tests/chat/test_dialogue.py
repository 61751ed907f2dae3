"""The client's half of a conversation, against both kinds of servers."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.dialogue import (
    CHUNK_GAP_S,
    MAX_HEARD_CHARS,
    MAX_TYPED_BYTES,
    QUIET_S,
    Dialogue,
    Phase,
)

PROMPT = "로그인ID:"
JOINED = "[kim]님이 입장했습니다."


class DialogueCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.dialogue = Dialogue()

    def hear(self, text: str) -> str:
        """The server sends `text`, and is silent for a while."""
        return self.dialogue.received(text.encode()) + self.dialogue.silence()

    def type(self, text: str) -> None:
        self.dialogue.typed(text.encode())

    def sent(self) -> list[str]:
        return [message.decode() for message in iter(self.dialogue.next_message, None)]


class NameTests(DialogueCase):
    def test_typed(self) -> None:
        """The first thing typed is the name; nothing more is sent until the server has answered."""
        self.type("kim\nhello\n")
        self.assertEqual(self.sent(), [])
        self.assertEqual(self.hear(PROMPT), PROMPT)
        self.assertEqual(self.sent(), ["kim\n"])
        self.assertIs(self.dialogue.phase, Phase.ANSWERED)
        self.assertEqual(self.dialogue.waiting, 1)

    def test_given(self) -> None:
        """A name given beforehand answers the first question, what is typed the second."""
        self.dialogue = Dialogue("kim")
        self.type("lee\n")
        self.hear(PROMPT)
        self.assertEqual(self.sent(), ["kim\n"])
        shown = self.hear("이미 등록된 사용자입니다.\n" + PROMPT)
        self.assertEqual(shown, "이미 등록된 사용자입니다.\n" + PROMPT)
        self.assertEqual(self.sent(), ["lee\n"])

    def test_quit(self) -> None:
        """/quit in place of a name is the end: the lecture's server would take it for one."""
        self.hear(PROMPT)
        self.assertFalse(self.dialogue.is_over)
        self.type("/quit\n")
        self.assertEqual(self.sent(), [])
        self.assertTrue(self.dialogue.is_over)

    def test_input_ends(self) -> None:
        """With no name to come there is nothing to wait for."""
        self.dialogue.typed_all()
        self.assertFalse(self.dialogue.is_over)
        self.hear(PROMPT)
        self.assertTrue(self.dialogue.is_over)
        self.assertFalse(self.dialogue.was_refused)

    def test_input_ends_refused(self) -> None:
        """When the last name was refused, that is the end too."""
        self.type("kim")
        self.dialogue.typed_all()
        self.hear(PROMPT)
        self.assertEqual(self.sent(), ["kim\n"])
        self.assertTrue(self.dialogue.waits_for_server)
        self.assertFalse(self.dialogue.is_over)
        self.hear(PROMPT)
        self.assertTrue(self.dialogue.is_over and self.dialogue.was_refused)


class LineServerTests(DialogueCase):
    def setUp(self) -> None:
        super().setUp()
        self.type("kim\n")
        self.hear(PROMPT)
        self.sent()
        self.assertEqual(self.dialogue.received(f"{JOINED}\n".encode()), f"{JOINED}\n")

    def test_messages(self) -> None:
        """A server that answers with a line end is sent lines, with no gaps; empty ones are not worth it."""
        self.type("hello\r\n\n안녕\n/who\nhalf")
        self.assertEqual(self.sent(), ["hello\n", "안녕\n", "/who\n"])
        self.assertEqual(self.dialogue.gap_s, 0.0)
        self.type(" a line\n")
        self.assertEqual(self.sent(), ["half a line\n"])

    def test_input_ends(self) -> None:
        """When all is typed and sent, it says goodbye once."""
        self.type("hello\nlast")
        self.assertFalse(self.dialogue.waits_for_server)
        self.dialogue.typed_all()
        self.assertEqual(self.sent(), ["hello\n", "last\n", "/quit\n"])
        self.assertTrue(self.dialogue.has_said_goodbye and self.dialogue.waits_for_server)

    def test_quit(self) -> None:
        """Nothing is sent after a typed goodbye."""
        self.type("/quit\nhello\n")
        self.dialogue.typed_all()
        self.assertEqual(self.sent(), ["/quit\n"])

    def test_hear(self) -> None:
        """Lines are shown as they come, and half a line when the rest is there or overdue."""
        self.assertEqual(self.dialogue.received("[lee] 안".encode()), "")
        self.assertEqual(self.dialogue.quiet_s, QUIET_S)
        self.assertEqual(self.dialogue.received("녕\r\n".encode()), "[lee] 안녕\n")
        self.assertIsNone(self.dialogue.quiet_s)
        self.assertEqual(self.dialogue.silence(), "")
        self.assertEqual(self.hear("half"), "half\n")

    def test_escapes(self) -> None:
        """A server's escape sequences do not reach the terminal."""
        self.assertEqual(self.hear("[lee] \x1b[2J\n"), "[lee] ␛[2J\n")


class LectureServerTests(DialogueCase):
    def setUp(self) -> None:
        super().setUp()
        self.type("kim\n")
        self.hear(PROMPT)
        self.sent()
        self.assertEqual(self.hear(JOINED), f"{JOINED}\n")

    def test_messages(self) -> None:
        """A server that answers without a line end is sent messages without one, with gaps."""
        self.type("hello\n")
        self.dialogue.typed_all()
        self.assertEqual(self.sent(), ["hello", "/quit"])
        self.assertEqual(self.dialogue.gap_s, CHUNK_GAP_S)

    def test_stays(self) -> None:
        """A line that some other client has sent through it changes nothing."""
        self.hear("[lee] hi\n")
        self.type("hello\n")
        self.assertEqual(self.sent(), ["hello"])


class BoundTests(DialogueCase):
    def test_heard(self) -> None:
        """A server that never ends a line is shown as it comes, not kept."""
        self.type("kim\n")
        self.hear(PROMPT)
        self.hear(JOINED)
        self.assertEqual(len(self.dialogue.received(b"x" * (MAX_HEARD_CHARS + 1))), MAX_HEARD_CHARS + 2)

    def test_typed(self) -> None:
        """Input without a line end is passed on in pieces, not kept."""
        self.type("x" * (MAX_TYPED_BYTES + 1))
        self.assertEqual(self.dialogue.waiting, 1)

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(["[lee] 안녕", JOINED, "😀", ""]), max_size=6), st.integers(1, 4))
    def test_any_chopping(self, lines: list[str], size: int) -> None:
        """A line server's lines are shown the same however they are cut up."""
        stream = "".join(f"{line}\n" for line in lines).encode()
        dialogue = Dialogue()
        shown = [dialogue.received(stream[at : at + size]) for at in range(0, len(stream), size)]
        self.assertEqual("".join(shown), stream.decode())
