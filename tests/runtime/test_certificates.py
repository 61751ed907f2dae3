"""Which certificate belongs to which key and which name, over certificates made here."""

import datetime

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.authority import DAY, Authority, pem
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.certificates import chosen, credentials

NOW = datetime.datetime.now(datetime.UTC)
AUTHORITY = Authority()


class CredentialsTests(SynchronousTestCase):
    def refused(self, *files: tuple[str, bytes]) -> str:
        return str(self.assertRaises(ConfigError, credentials, files, NOW))

    def test_a_key_finds_its_certificate(self) -> None:
        """Whatever the files are called and however things lie in them, a key gets its own certificate."""
        one, one_key = AUTHORITY.issue("one.test", "*.one.test")
        two, two_key = AUTHORITY.issue("TWO.test")
        files = [("keys", pem(two_key) + pem(one_key)), ("a", b"a comment\n" + pem(one)), ("b", pem(two))]
        found = credentials(files, NOW)
        self.assertEqual([each.source for each in found], ["a", "b"])
        self.assertEqual([each.names for each in found], [("one.test", "*.one.test"), ("two.test",)])
        self.assertEqual([each.chain[0] for each in found], [one, two])
        self.assertEqual(found[0].key.private_numbers(), one_key.private_numbers())  # type: ignore[union-attr]

    def test_the_chain(self) -> None:
        """Those that signed a certificate go with it, each once, whoever else is there."""
        between = Authority("Between", AUTHORITY)
        leaf, key = between.issue("leaf.test")
        things = (
            pem(AUTHORITY.certificate) + pem(Authority("Stranger").certificate) + pem(between.certificate)
        )
        (found,) = credentials([("all", pem(key) + things + pem(leaf))], NOW)
        self.assertEqual(found.chain, (leaf, between.certificate, AUTHORITY.certificate))

    def test_a_renewed_certificate(self) -> None:
        """Of several with one key the newest that is valid is taken; where none is, the newest."""
        old, key = AUTHORITY.issue("old.test", start=NOW - 9 * DAY, days=3)
        valid, _ = AUTHORITY.issue("valid.test", key=key, start=NOW - DAY, days=3)
        future, _ = AUTHORITY.issue("future.test", key=key, start=NOW + 3 * DAY, days=3)
        for things, name in (
            ([old, valid, future], "valid.test"),
            ([future, old, valid], "valid.test"),
            ([old], "old.test"),
        ):
            (found,) = credentials([("file", pem(key) + b"".join(map(pem, things)))], NOW)
            self.assertEqual(found.names, (name,))
        self.assertLess(found.valid_until, NOW)

    def test_a_certificate_without_names(self) -> None:
        """An authority's own has none: it is found, for nobody's name."""
        (found,) = credentials([("ca", pem(AUTHORITY.certificate) + pem(AUTHORITY.key))], NOW)
        self.assertEqual(found.names, ())

    def test_what_is_missing(self) -> None:
        """It is said what of a pair is not there, or what cannot be read, and in which file."""
        leaf, key = AUTHORITY.issue("leaf.test")
        locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        garbled = pem(leaf).replace(b"M", b"*", 5)
        for files, words in (
            ([], "there is no certificate"),
            ([("f", pem(key))], "there is no certificate"),
            ([("f", pem(leaf))], "there is no private key"),
            ([("f", pem(leaf) + pem(AUTHORITY.key))], "no private key belongs to a certificate"),
            ([("f", pem(leaf) + locked)], "f: the private key is encrypted"),
            ([("f", garbled)], "f: a certificate that cannot be read"),
            (
                [("f", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")],
                "f: a private key that",
            ),
        ):
            self.assertIn(words, self.refused(*files))

    @given(st.binary(), st.sampled_from([b"CERTIFICATE", b"PRIVATE KEY", b"EC PRIVATE KEY", b"PARAMETERS"]))
    def test_no_file_is_a_traceback(self, content: bytes, kind: bytes) -> None:
        """Whatever stands in a file, it is one line."""
        message = self.refused(
            ("file", b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (kind, content, kind))
        )
        self.assertNotIn("\n", message)


class ChosenTests(SynchronousTestCase):
    def test_by_name(self) -> None:
        """A client gets the certificate of the name it asks for, a wildcard's, or the first."""
        names = [("one.test",), ("*.two.test", "two.test"), ("a.two.test",)]
        for asked, index in {
            "one.test": 0,
            "TWO.test": 1,
            "b.two.test": 1,
            "a.two.test": 2,
            "a.b.two.test": 0,
            "other": 0,
            "": 0,
        }.items():
            self.assertEqual(chosen(names, asked), index, asked)
