"""Basic authentication before a resource, with Twisted's own requests in memory."""

from base64 import b64encode
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.static import Data
from twisted.web.test.requesthelper import DummyRequest

from tests.runtime.accounts.test_login import PEER, Always, one_account
from twisted_suite.runtime.accounts.attempts import BY_ADDRESS
from twisted_suite.runtime.accounts.login import Accounts
from twisted_suite.runtime.accounts.web import Guarded, basic_credentials


def basic(name: str, password: str) -> bytes:
    return b"Basic " + b64encode(f"{name}:{password}".encode())


class CredentialsTests(SynchronousTestCase):
    def test_what_is_understood(self) -> None:
        """A name, a colon, and whatever follows, in any case of the scheme's name."""
        for header in (basic("벤", "a:b"), b"basic   " + basic("벤", "a:b")[6:]):
            credentials = basic_credentials(header)
            assert credentials is not None
            self.assertEqual((credentials.username, credentials.password), ("벤".encode(), b"a:b"))

    @given(st.none() | st.binary() | st.binary().map(lambda data: b"Basic " + data))
    def test_anything_else(self, header: bytes | None) -> None:
        """Whatever stands there is credentials or none, never a failure."""
        credentials = basic_credentials(header)
        self.assertTrue(credentials is None or isinstance(credentials.username, bytes))


class GuardedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.use(one_account())

    def use(self, checker: Any) -> None:
        root = Resource()
        root.putChild(b"", Data(b"front", "text/plain"))
        root.putChild(b"page", Data(b"inside", "text/plain"))
        self.guarded = Guarded(root, Accounts([checker], "test", Clock()))

    def ask(self, *path: bytes, authorization: bytes | None = None, method: bytes = b"GET") -> Any:
        request: Any = DummyRequest([*path])
        request.method = method
        request.getClientAddress = lambda: PEER
        request.client = PEER
        if authorization is not None:
            request.requestHeaders.setRawHeaders(b"authorization", [authorization])
        resource: Any = self.guarded
        while request.postpath and not resource.isLeaf:
            name = request.postpath.pop(0)
            request.prepath.append(name)
            resource = resource.getChildWithDefault(name, request)
        result = resource.render(request)
        if isinstance(result, bytes):
            request.write(result)
        return request

    def test_without_credentials(self) -> None:
        """The browser is told to ask for them; not even whether the page exists is told."""
        for path in (b"", b"page", b"none"):
            request = self.ask(path)
            self.assertEqual(request.responseCode, 401)
            (challenge,) = request.responseHeaders.getRawHeaders(b"www-authenticate")
            self.assertIn(b"Basic realm=", challenge)
        self.assertEqual(self.ask(b"", method=b"HEAD").written, [b""])

    def test_right(self) -> None:
        """Who logs in sees what is there, at any depth."""
        for path, body in ((b"", b"front"), (b"page", b"inside")):
            request = self.ask(path, authorization=basic("anna", "secret"))
            self.assertEqual(b"".join(request.written), body)

    def test_wrong(self) -> None:
        """The wrong password is a 401, and after too many of them a 429 that says when to come again."""
        for _ in range(BY_ADDRESS.burst):
            self.assertEqual(self.ask(b"", authorization=basic("anna", "x")).responseCode, 401)
        request = self.ask(b"", authorization=basic("anna", "secret"))
        self.assertEqual(request.responseCode, 429)
        self.assertEqual(request.responseHeaders.getRawHeaders(b"retry-after"), [b"30"])
        self.assertIsNone(request.responseHeaders.getRawHeaders(b"www-authenticate"))

    def test_a_fault_of_ours(self) -> None:
        """A checker that fails is a 500."""
        self.use(Always(ZeroDivisionError()))
        self.assertEqual(self.ask(b"", authorization=basic("anna", "secret")).responseCode, 500)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_it_holds_nothing_itself(self) -> None:
        """Pages belong to the resource that it guards."""
        self.assertRaises(NotImplementedError, self.guarded.putChild, b"page", Resource())
