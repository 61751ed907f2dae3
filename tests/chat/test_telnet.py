"""Telnet's commands are dropped, however they are cut."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.telnet import TelnetFilter

COMMANDS = (
    b"\xff\xfb\x1f",  # WILL NAWS
    b"\xff\xfd\xff",  # DO, of an option whose number is that of IAC
    b"\xff\xf4",  # IP: Ctrl-C
    b"\xff\xff",  # an escaped 255, which is no text in UTF-8
    b"\xff\xfa\x18\x00xterm\xff\xf0",
    b"\xff\xfa\x18\xff\x01xterm\xff\xf0",  # with a stray IAC in it
    b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0",  # NAWS of a window 255 columns wide
)
stream = st.lists(st.sampled_from([*COMMANDS, b"a", b"\xea\xb0\x80", b"\r\n"]), max_size=12)


class TelnetFilterTests(SynchronousTestCase):
    def test_text_passes(self) -> None:
        """What holds no IAC is handed on as it is, not copied."""
        data = "안녕 hello\r\n".encode()
        self.assertIs(TelnetFilter().feed(data), data)

    def test_commands_are_dropped(self) -> None:
        """Each kind of command goes, and the text around it stays."""
        for command in COMMANDS:
            self.assertEqual(TelnetFilter().feed(b"ab" + command + b"cd"), b"abcd", command)

    def test_unfinished(self) -> None:
        """The beginning of a command is held back without being kept."""
        telnet = TelnetFilter()
        self.assertEqual(telnet.feed(b"ab\xff\xfa" + b"x" * 100_000), b"ab")
        self.assertEqual(telnet.feed(b"more\xff\xf0cd"), b"cd")

    @settings(deadline=None)
    @given(stream, st.integers(min_value=1, max_value=5))
    def test_any_chopping(self, parts: list[bytes], size: int) -> None:
        """The same text remains however the stream is cut up."""
        data = b"".join(parts)
        telnet = TelnetFilter()
        chopped = b"".join(telnet.feed(data[at : at + size]) for at in range(0, len(data), size))
        self.assertEqual(chopped, b"".join(part for part in parts if part not in COMMANDS))
