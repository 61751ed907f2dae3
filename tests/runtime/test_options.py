"""Options that all plugins share."""

from typing import ClassVar

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.options import (
    ListenOptions,
    Parameter,
    connection_parameters,
    number,
    seconds,
    size,
)


class ConverterTests(SynchronousTestCase):
    def test_numbers(self) -> None:
        """Whole numbers within the bounds are taken; an error names the option, the word and the bounds."""
        convert = number("udp", minimum=1, maximum=65535)
        self.assertEqual([convert("1"), convert("65535")], [1, 65535])
        for text in ("0", "65536", "-1", "1.5", "x", "", "٣", " 1"):
            with self.subTest(text=text):
                error = self.assertRaises(usage.UsageError, convert, text)
                self.assertEqual(str(error), f"--udp: {text!r} is not a whole number from 1 to 65535")
        self.assertEqual(number("n")("0"), 0)
        self.assertIn("of at least 0", str(self.assertRaises(usage.UsageError, number("n"), "-1")))

    def test_seconds(self) -> None:
        """Times are finite and not negative."""
        self.assertEqual([seconds("t")("0"), seconds("t")("2.5")], [0.0, 2.5])
        for text in ("-1", "nan", "inf", "soon", ""):
            with self.subTest(text=text):
                self.assertIn(
                    f"--t: {text!r} is not", str(self.assertRaises(usage.UsageError, seconds("t"), text))
                )

    def test_sizes(self) -> None:
        """Bytes may be counted in K, M and G; anything else is refused with the option's name."""
        convert = size("max-buffered")
        self.assertEqual(
            [convert("0"), convert("64K"), convert("10m"), convert("1G")], [0, 65536, 10 << 20, 1 << 30]
        )
        for text in ("-1", "1.5M", "M", "10 M", "1T", ""):
            with self.subTest(text=text):
                error = self.assertRaises(usage.UsageError, convert, text)
                self.assertIn(f"--max-buffered: {text!r} is not", str(error))


class _Options(ListenOptions):
    optParameters: ClassVar[list[Parameter]] = connection_parameters(
        idle_timeout_s=7.0, first_byte_timeout_s=3.0
    )


class ListenOptionsTests(SynchronousTestCase):
    def parsed(self, *argv: str) -> _Options:
        options = _Options()
        options.parse(list(argv))
        return options

    def test_defaults_are_on(self) -> None:
        """With no options a service listens on the lecture's port, and every limit is on."""
        options = self.parsed()
        self.assertEqual(options.endpoints(), ["tcp:9009"])
        limits = options.connection_limits()
        self.assertEqual((limits.idle_timeout_s, limits.first_byte_timeout_s), (7.0, 3.0))
        self.assertTrue(limits.max_connections and limits.max_per_address and options["drain-timeout"])
        self.assertTrue(limits.handshake_timeout_s and limits.max_byte_rate)
        self.assertTrue(limits.max_buffered and limits.max_buffered_total)

    def test_options_are_read(self) -> None:
        """Each option arrives where it is used; --listen may come again and again."""
        options = self.parsed(
            *("--listen", "tcp:1", "--listen=unix:/x"),
            *("--max-connections=3", "--max-per-ip=2", "--idle-timeout=0", "--first-byte-timeout=1.5"),
        )
        self.assertEqual(options.endpoints(), ["tcp:1", "unix:/x"])
        limits = options.connection_limits()
        self.assertEqual(
            (
                limits.max_connections,
                limits.max_per_address,
                limits.idle_timeout_s,
                limits.first_byte_timeout_s,
            ),
            (3, 2, 0.0, 1.5),
        )
        self.assertEqual(self.parsed().endpoints(), ["tcp:9009"])  # nothing is left over from another parse

    def test_every_limit_is_read(self) -> None:
        """Each limit of the command line is the one that it names."""
        options = self.parsed(
            *("--handshake-timeout=1", "--max-byte-rate=2K", "--max-message-rate=3"),
            *("--max-buffered=4M", "--max-buffered-total=5G"),
        )
        limits = options.connection_limits()
        self.assertEqual(
            (limits.handshake_timeout_s, limits.max_byte_rate, limits.max_message_rate), (1.0, 2048, 3)
        )
        self.assertEqual((limits.max_buffered, limits.max_buffered_total), (4 << 20, 5 << 30))
