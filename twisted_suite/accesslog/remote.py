"""Logs that are not on this machine: ``s3://``, ``https://`` and all else that fsspec knows. Adapter.

They are read as streams, packed or not. fsspec is an extra (``twisted-suite[remote]``), loaded when needed.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from glob import has_magic
from importlib import import_module
from typing import Any

from twisted_suite.accesslog.rotation import in_time_order
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable

_names_a_place = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://").match


def is_remote(name: str) -> bool:
    """Whether it is an address and no file's name."""
    return _names_a_place(name) is not None


def expand(url: str) -> list[str]:
    """What a glob matches there, the oldest first; an address without one as it is. Raises `ConfigError`."""
    if not has_magic(url) or url.startswith(("http:", "https:")):  # a question mark begins a query there
        return [url]
    with _naming(url):
        system, path = _fsspec().core.url_to_fs(url)
        found = in_time_order([system.unstrip_protocol(each) for each in system.glob(path)])
    if not found:
        raise ConfigError(f"{printable(url)}: no file is there", ExitStatus.NO_INPUT)
    return found


class RemoteLog(io.RawIOBase):
    """One of them, open for reading."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        with _naming(url):
            self._file = _fsspec().open(url, "rb").open()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises `OSError` when reading fails in its midst."""
        try:
            block = self._file.read(len(buffer))
        except OSError:
            raise
        except Exception as error:  # each library's own: the log is damaged there
            raise OSError(0, f"{type(error).__name__}: {error}") from error
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()


def _fsspec() -> Any:
    try:
        return import_module("fsspec")
    except ImportError:
        raise ConfigError("a remote log needs fsspec: pip install 'twisted-suite[remote]'") from None


@contextmanager
def _naming(url: str) -> Iterator[None]:
    """The border where the words of many libraries become the operator's error."""
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:  # OSError, ImportError of s3fs, aiohttp's and botocore's own
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ConfigError(f"{printable(url)}: {printable(reason)}", ExitStatus.NO_INPUT) from error
