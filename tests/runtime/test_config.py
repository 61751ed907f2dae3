"""The suite's file, as command lines."""

import json

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.config import (
    MAX_BASE_PORT,
    MIN_BASE_PORT,
    ServiceTable,
    check_keys,
    defaults,
    parse,
    program_argv,
)


class ParseTests(SynchronousTestCase):
    def test_a_table_is_a_command_line(self) -> None:
        """Strings, numbers, flags, lists and args become the words one would type."""
        (table,) = parse(
            """
            [[service]]
            plugin = "files"
            listen = ["tcp:1", "tcp6:2"]
            root = "/srv with space"
            idle-timeout = 2.5
            max-connections = 10
            raw = true
            quiet = false
            args = ["-odd", "two"]
            """,
            "s.toml",
        )
        self.assertEqual(table.plugin, "files")
        self.assertEqual(
            table.argv,
            (
                "--listen=tcp:1",
                "--listen=tcp6:2",
                "--root=/srv with space",
                "--idle-timeout=2.5",
                "--max-connections=10",
                "--raw",
                "--",
                "-odd",
                "two",
            ),
        )
        self.assertEqual(table.where, "s.toml: service 1 (files)")

    def test_tables_keep_their_order(self) -> None:
        """Several services, and two of the same plugin, are numbered as they stand."""
        text = '[[service]]\nplugin = "echo"\n[[service]]\nplugin = "chat"\n[[service]]\nplugin = "echo"\n'
        self.assertEqual([table.plugin for table in parse(text, "s")], ["echo", "chat", "echo"])
        self.assertEqual(parse(text, "s")[2].where, "s: service 3 (echo)")

    def test_what_is_of_the_whole_suite(self) -> None:
        """Stands above the tables, and becomes words of the suite's own command line."""
        service = '[[service]]\nplugin = "echo"\n'
        text = f'workers = 0\nworker-sockets = "own"\n{service}'
        self.assertEqual(program_argv(text, "s.toml"), ["--workers=0", "--worker-sockets=own"])
        self.assertEqual([table.argv for table in parse(text, "s.toml")], [()])
        self.assertEqual(program_argv(service, "s.toml"), [])
        error = self.assertRaises(ConfigError, parse, f"{service}workers = 2", "s.toml")
        self.assertEqual(
            str(error),
            "s.toml: service 1 (echo): workers is of the whole suite: it stands above the [[service]] tables",
        )

    def test_a_table_survives_json(self) -> None:
        """As it is handed to a worker."""
        for table in defaults(9009, "/sample"):
            self.assertEqual(ServiceTable.from_json(json.loads(json.dumps(table.to_json()))), table)

    def test_mistakes_are_named(self) -> None:
        """Each mistake is one line that names the file, the place and what is wrong."""
        table = '[[service]]\nplugin = "echo"\n'
        for text, words in [
            ("", "no [[service]] table"),
            ("x = ", "Invalid value"),
            ("port = 1\n" + table, "unknown key 'port'"),
            ('[service]\nplugin = "echo"', "two brackets"),
            ("service = [1]", "two brackets"),
            ("[[service]]\nlisten = 'x'", 'plugin = "NAME" is missing'),
            ("[[service]]\nplugin = 3", 'plugin = "NAME" is missing'),
            (table + "args = 'x'", "args is not a list"),
            (table + "args = [1]", "args is not a list"),
            (table + '"no good" = 1', "'no good' cannot be"),
            (table + '"-x" = 1', "'-x' cannot be"),
            (table + "when = 2020-01-01", "when is neither"),
            (table + "listen = [[1]]", "listen is neither"),
            (table + "[service.listen]\nx = 1", "listen is neither"),
        ]:
            with self.subTest(text=text):
                error = self.assertRaises(ConfigError, parse, text, "s.toml")
                self.assertTrue(str(error).startswith("s.toml: "), error)
                self.assertIn(words, str(error))
                self.assertNotIn("\n", str(error))


class CheckKeysTests(SynchronousTestCase):
    def test_only_whole_names_of_options(self) -> None:
        """The beginning of a name is as unknown as any other word; a near miss is pointed at."""
        for key, words in [("liste", "did you mean 'listen'?"), ("zzz", "it knows listen, raw")]:
            (table,) = parse(f'[[service]]\nplugin = "echo"\n{key} = 1', "s")
            error = self.assertRaises(ConfigError, check_keys, table, {"raw", "listen"})
            self.assertIn(f"unknown key {key!r}: {words}", str(error))

    def test_known_keys_pass(self) -> None:
        """Keys that are options pass."""
        (table,) = parse('[[service]]\nplugin = "echo"\nraw = true', "s")
        check_keys(table, {"raw"})
        self.assertEqual(table.keys, ("raw",))


class DefaultsTests(SynchronousTestCase):
    def test_the_contracts_ports(self) -> None:
        """Unmoved: echo 9009, files 9010 and HTTP 8010, chat 9011, IRC 6667, web 8011, the report 8012."""
        argv = {table.plugin: table.argv for table in defaults(9009, "/sample")}
        self.assertIn("--listen=tcp:9009", argv["echo"])
        self.assertIn("--listen=tcp:9010", argv["files"])
        self.assertIn("--http=tcp:8010", argv["files"])
        self.assertIn("--listen=tcp:9011", argv["chat"])
        self.assertIn("--irc=tcp:6667", argv["chat"])
        self.assertIn("--web=tcp:8011", argv["chat"])
        self.assertIn("--web=tcp:8012", argv["accesslog"])
        self.assertIn("/sample/access_log", argv["accesslog"])

    def test_all_ports_move_together(self) -> None:
        """With another base all ports move by the same distance, in the command lines and in the hints."""
        for table, moved in zip(defaults(9009, "/s"), defaults(19109, "/s"), strict=True):
            for port in ("9009", "9010", "9011", "6667", "8010", "8011", "8012"):
                for before, after in [*zip(table.argv, moved.argv, strict=True), (table.hint, moved.hint)]:
                    if port in before:
                        self.assertEqual(after, before.replace(port, str(int(port) + 10100)))

    def test_bounds_keep_every_port_usable(self) -> None:
        """At either bound of --base-port every port is one that an ordinary user may listen on."""
        for base in (MIN_BASE_PORT, MAX_BASE_PORT):
            for table in defaults(base, "/s"):
                for word in table.argv:
                    if "tcp:" in word:
                        self.assertTrue(1024 <= int(word.rpartition(":")[2]) <= 65535, word)
