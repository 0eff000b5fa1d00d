"""Which addresses may be called: public ones, and what the allow-list opens."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
ENTRY = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+))(?::(?P<port>[0-9]{1,5}))?")
NAME = re.compile(r"(?!.*[.](?:[0-9]+|0[xX][0-9a-fA-F]*)[.]?$)[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
"""A host by name: its last label is no number."""
NAT64 = IPv6Network("64:ff9b::/96")
REFUSED: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "100.64.0.0/10",  # shared by carriers; 100.100.100.200 is a metadata service
        "168.63.129.16/32",  # the metadata and health address of Azure, otherwise a public one
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a metadata service
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b:1::/48",  # NAT64 of one's own network
        "2001::/23",  # protocol assignments, Teredo among them: an IPv4 address inside
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local, from before fc00::/7
    )
)
"""Not public, but `is_global` says otherwise, at least in some release of Python."""


def literal(host: str) -> Address | None:
    """The address that a host spells, in any form `connect` takes (`127.1`, `0x7f.1`, `2130706433`, `::1`).

    None for a name. Raises ValueError for a number that is no address and for an IPv6 zone."""
    if ":" in host:
        if "%" in host:
            raise ValueError("addresses with a zone are not supported")
        return IPv6Address(host)
    bare = host.rstrip(".")
    if not NUMBER.fullmatch(bare.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(socket.inet_aton(bare))
    except OSError:
        raise ValueError("it ends in a number but is not an IPv4 address") from None


def unwrapped(address: Address) -> Address:
    """The IPv4 address that a mapped or NAT64 address stands for, otherwise the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet and belongs to nobody's inside."""
    address = unwrapped(address)
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        and not any(address.version == network.version and address in network for network in REFUSED)
    )


@dataclass(frozen=True)
class AllowList:
    """What a deployment opens besides public addresses. A name opens all it resolves to; port None is any."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """From `host`, `host:port`, an address (`10.0.0.5:8080`, `[::1]:80`) or CIDR; raises ValueError."""
        names: set[tuple[str, int | None]] = set()
        networks: list[tuple[Network, int | None]] = []
        for entry in entries:
            host, port = _split(entry.strip())
            try:
                networks.append((ip_network(host), port))
            except ValueError:
                if not NAME.fullmatch(host):
                    raise _not_an_entry(entry) from None
                names.add((host.lower().rstrip("."), port))
        return cls(frozenset(names), tuple(networks))

    def opens_name(self, host: str, port: int) -> bool:
        """Whether a host was opened by its name."""
        host = host.lower().rstrip(".")
        return (host, port) in self.names or (host, None) in self.names

    def permits(self, address: Address, port: int) -> bool:
        """Whether an address may be connected to."""
        found = unwrapped(address)
        return is_public(found) or any(
            found.version == network.version and found in network and open_port in (None, port)
            for network, open_port in self.networks
        )


def _split(entry: str) -> tuple[str, int | None]:
    """Host and port of an allow-list entry; a bare IPv6 address or network has no port."""
    if entry.count(":") > 1 and not entry.startswith("["):
        return entry, None
    match = ENTRY.fullmatch(entry)
    if not match:
        raise _not_an_entry(entry)
    return match["v6"] or match["host"], int(match["port"]) if match["port"] else None


def _not_an_entry(entry: str) -> ValueError:
    return ValueError(f"allow-list entry {entry!r} is not a host, host:port, address or CIDR")
