"""Whose share of the house a network address draws on."""

import ipaddress


def neighbourhood(address: str) -> str:
    """The address itself; of IPv6 its /64, which one client has whole. What is no address is one of its own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def is_a_strangers(address: str) -> bool:
    """Whether somebody outside may have it; a proxy's or the house's own is not."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
