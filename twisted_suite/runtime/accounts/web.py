"""HTTP for those with an account only: Basic authentication (RFC 7617) before any resource. Adapter.

::

    -> GET / without credentials, or with wrong ones      <- 401, WWW-Authenticate: Basic
    -> GET / while too many fail or wait                  <- 429, Retry-After
"""

import base64
import binascii
from http import HTTPStatus
from typing import Any

from twisted.cred.credentials import UsernamePassword
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.util import DeferredResource
from zope.interface import implementer

from twisted_suite.runtime.accounts.login import Accounts, Cause, LoginRefused

_STATUS = {Cause.LIMITED: HTTPStatus.TOO_MANY_REQUESTS, Cause.BUSY: HTTPStatus.TOO_MANY_REQUESTS}


def basic_credentials(header: bytes | None) -> UsernamePassword | None:
    """The name and password of an ``Authorization`` header; None where it has none that can be read."""
    scheme, _, encoded = (header or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return UsernamePassword(name, password) if colon else None


@implementer(IResource)
class Guarded:
    """`resource`, and all below it, for those who log in."""

    isLeaf = False
    server = None

    def __init__(self, resource: IResource, accounts: Accounts) -> None:
        self._resource = resource
        self._accounts = accounts

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        request.postpath.insert(0, request.prepath.pop())  # which the resource will look at itself
        return self._authorized(request)

    def putChild(self, path: bytes, child: IResource) -> None:
        raise NotImplementedError("put it into the resource that is guarded")

    def render(self, request: Any) -> Any:
        return self._authorized(request).render(request)

    def _authorized(self, request: Any) -> Any:
        credentials = basic_credentials(request.getHeader(b"authorization"))
        if credentials is None:
            return _Refusal(HTTPStatus.UNAUTHORIZED, "log in to see this")
        asked = self._accounts.authenticate(credentials, request.getClientAddress(), remember=True)
        return DeferredResource(asked.addCallbacks(lambda _: self._resource, _refusal))


def _refusal(failure: Failure) -> "_Refusal":
    failure.trap(LoginRefused)
    refused: Any = failure.value
    if refused.cause is Cause.BROKEN:
        return _Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, str(refused))
    return _Refusal(_STATUS.get(refused.cause, HTTPStatus.UNAUTHORIZED), str(refused), refused.wait_s)


class _Refusal(Resource):
    isLeaf = True

    def __init__(self, status: HTTPStatus, text: str, wait_s: float = 0.0) -> None:
        super().__init__()
        self._status = status
        self._text = text
        self._wait_s = wait_s

    def render(self, request: Any) -> bytes:
        request.setResponseCode(self._status, self._status.phrase.encode())
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        if self._status == HTTPStatus.UNAUTHORIZED:
            request.setHeader(b"www-authenticate", b'Basic realm="twisted_suite", charset="UTF-8"')
        if self._wait_s:
            request.setHeader(b"retry-after", b"%d" % round(self._wait_s))
        return b"" if request.method == b"HEAD" else f"{self._text}\n".encode()
