"""Password files and their hashes: what is taken, what is refused, and that nothing secret is repeated."""

import contextlib  # not its suppress by name: trial takes a module's `suppress` for warnings
import unicodedata

import argon2
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.accounts.passwords import (
    MAX_NAME_BYTES,
    MAX_PASSWORD_BYTES,
    argon2_hash,
    check_name,
    check_password,
    edited,
    login_matches,
    matches,
    normal,
    parse,
    scrypt_hash,
)

SALT = b"0123456789abcdef"
# Made once, and cheaply: each real one takes 64 MiB.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret", salt=SALT)
# RFC 7914 section 12, the third vector: "pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1.
RFC_7914 = (
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
    "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
)

names = st.text(min_size=1, max_size=12).filter(
    lambda name: (
        normal(name).isprintable()
        and normal(name) == normal(name).strip()
        and ":" not in normal(name)
        and not normal(name).startswith("#")
    )
)


class HashTests(SynchronousTestCase):
    def test_both_kinds(self) -> None:
        """Each kind of hash matches its password and no other, and says what it is."""
        for make, start in (
            (argon2_hash, "$argon2id$v=19$m=65536,t=3,p=4$"),
            (scrypt_hash, "$scrypt$ln=16,"),
        ):
            encoded = make("비밀 secret", SALT)
            self.assertTrue(encoded.startswith(start), encoded)
            self.assertTrue(matches(encoded, "비밀 secret"))
            self.assertFalse(matches(encoded, "비밀 Secret"))
            self.assertEqual(parse(f"anna:{encoded}", "file"), {"anna": encoded})

    def test_other_programs_hashes(self) -> None:
        """The vector of RFC 7914 is understood, whatever its costs."""
        self.assertTrue(matches(RFC_7914, "pleaseletmein"))
        self.assertFalse(matches(RFC_7914, "pleaseletmeout"))

    def test_a_name_that_is_not_there_costs_a_check(self) -> None:
        """Nobody logs in by a name that is not there, not even with another's password; nor into no file."""
        self.assertTrue(login_matches({"anna": CHEAP}, "anna", "secret"))
        self.assertFalse(login_matches({"anna": CHEAP}, "ben", "secret"))
        self.assertFalse(login_matches({}, "anna", "secret"))

    def test_a_password_without_end_is_not_hashed(self) -> None:
        """What is longer than any password can be is wrong at once."""
        self.assertFalse(login_matches({"anna": CHEAP}, "anna", "x" * (MAX_PASSWORD_BYTES + 1)))


class FileTests(SynchronousTestCase):
    def refused(self, text: str) -> str:
        error = self.assertRaises(ConfigError, parse, text, "accounts")
        return str(error)

    def test_comments_and_blank_lines(self) -> None:
        """They are passed over, and line ends may be those of either world."""
        text = f"# who\r\n\r\nanna:{CHEAP}\r\n  \n한글 이름:{RFC_7914}"
        self.assertEqual(parse(text, "file"), {"anna": CHEAP, "한글 이름": RFC_7914})

    def test_errors_name_the_line_and_no_secret(self) -> None:
        """What is wrong is said with file and line, and what may be a password is not repeated."""
        for line, words in {
            "hunter2": "is not name:hash",
            "anna:hunter2": "another kind",
            "anna:$2y$10$hunter2": "another kind",
            "anna:$argon2id$hunter2": "garbled",
            "anna:$scrypt$ln=16,r=8,p=1$a$hunter2": "garbled",
            "anna:$scrypt$ln=16,r=0,p=1$aaaa$aaaa": "does not work",
            f"anna:{CHEAP.replace('m=8,', 'm=9999999,')}": "costs too much",
            f"anna:{CHEAP.replace('t=1,', 't=9999,')}": "costs too much",
            "anna:$scrypt$ln=31,r=8,p=1$aaaa$aaaa": "costs too much",
            f":{CHEAP}": "cannot be a name",
        }.items():
            message = self.refused(f"# first\n{line}\n")
            self.assertTrue(message.startswith("accounts: line 2: "), message)
            self.assertIn(words, message)
            self.assertNotIn("hunter2", message)

    def test_a_name_twice(self) -> None:
        """A name may stand once, also when it is written in two ways."""
        twice = f"caf\u00e9:{CHEAP}\ncafe\u0301:{CHEAP}\n"
        self.assertIn("line 2: 'café' stands here for the second time", self.refused(twice))

    def test_names(self) -> None:
        """A name must be told from others by eye, and from what the file is written with."""
        for name in ("", " ", " a", "a ", "#a", "a:b", "a\nb", "a\x1b", "x" * (MAX_NAME_BYTES + 1)):
            self.assertRaises(ConfigError, check_name, name)
        self.assertEqual(check_name("e\u0301"), "\u00e9")
        self.assertEqual(check_name("벤 자민"), "벤 자민")

    def test_passwords(self) -> None:
        """An empty or endless one is refused."""
        for password in ("", "x" * (MAX_PASSWORD_BYTES + 1)):
            self.assertRaises(ConfigError, check_password, password)
        self.assertEqual(check_password("a\u00a0b"), "a b")

    @given(st.dictionaries(names.map(normal), st.sampled_from([CHEAP, RFC_7914]), max_size=5), names)
    def test_edits(self, entries: dict[str, str], name: str) -> None:
        """Whatever stands in a file, an edit changes one account and leaves the others and the comments."""
        name = normal(name)
        text = "# kept\n" + "".join(
            f"{unicodedata.normalize('NFD', key)}:{entries[key]}\n" for key in entries
        )
        added = edited(text, name, CHEAP)
        self.assertEqual(parse(added, ""), {**entries, name: CHEAP})
        removed = edited(added, name, None)
        self.assertEqual(parse(removed, ""), {key: entries[key] for key in entries if key != name})
        self.assertTrue(added.startswith("# kept\n") and removed.startswith("# kept\n"))

    @given(st.text())
    def test_no_text_is_a_traceback(self, text: str) -> None:
        """Any text is accounts or a `ConfigError`."""
        with contextlib.suppress(ConfigError):
            parse(text, "file")
