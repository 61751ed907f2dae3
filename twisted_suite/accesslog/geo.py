"""Where clients are, by a database of the user's in MaxMind's format: countries, cities or networks. Adapter.

The library is an extra (``twisted-suite[geoip]``); nothing is asked over the network.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable

NOWHERE = b"-"

Places = Callable[[bytes], bytes]


def open_places(path: str) -> Places:
    """What says where a client is. Raises `ConfigError` for what is no such database."""
    try:
        import maxminddb
    except ImportError:
        raise ConfigError("--geoip needs maxminddb: pip install 'twisted-suite[geoip]'") from None
    try:
        database = maxminddb.open_database(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"--geoip: {printable(path)}: {reason}", ExitStatus.NO_INPUT) from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise ConfigError(f"--geoip: {printable(path)}: {error}", ExitStatus.DATA) from error

    def place(client: bytes) -> bytes:
        try:
            found = database.get(ip_address(client.decode("ascii")))
        except ValueError:  # a host's name, a pseudonym, or an IPv6 address where the database has none
            return NOWHERE
        return named(found) if isinstance(found, dict) else NOWHERE

    return place


def named(found: dict[str, Any]) -> bytes:
    """A country's code and name, or a network's number and name."""
    country = found.get("country") or found.get("registered_country")
    if isinstance(country, dict):
        parts = [country.get("iso_code"), (country.get("names") or {}).get("en")]
        return " ".join(str(part) for part in parts if part).encode() or NOWHERE
    number = found.get("autonomous_system_number")
    if number is not None:
        return f"AS{number} {found.get('autonomous_system_organization', '')}".strip().encode()
    return NOWHERE
