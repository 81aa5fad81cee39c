"""What browsers and devices leave behind: checked, hardly changed and never hashed."""

import ipaddress
import re
from functools import lru_cache

from capi_jobs.identity.context import Context

# Common web servers refuse longer header lines, so no real value is longer.
CHARACTERS_MAX = 8_192

# Households order again within a few pages; 16,384 addresses are about 4 MB.
ADDRESSES_REMEMBERED = 16_384

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# First numbers of IPv4 blocks that are private or reserved in part or whole (IANA).
_SPECIAL_FIRST = "0|10|100|127|169|172|192|198|203|22[4-9]|2[3-5][0-9]"
# Surely a public one as it stands; what does not match may be anything.
PUBLIC_IPV4 = re.compile(
    rf"(?!(?:{_SPECIAL_FIRST})\.){_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
)
# Kept for documentation (RFC 5737, 3849): nobody's, but what is tried out with example
# orders must look like what real ones become.
_EXAMPLES = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
    )
)
# fb.{0–9}.{milliseconds}.{click id}, and the suffix that Meta's own builder appends.
_SUFFIX = r"(?:\.[A-Za-z0-9_-]{2,8})?"
FBC = re.compile(rf"fb\.[0-9]\.[0-9]{{13}}\.[A-Za-z0-9_-]+{_SUFFIX}")
FBP = re.compile(rf"fb\.[0-9]\.[0-9]{{13}}\.[0-9]+{_SUFFIX}")
_FBCLID = re.compile(r"[A-Za-z0-9_-]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What phones answer whose owner does not want to be tracked.
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"


def ip(text: str, context: Context) -> str | None:
    """A public address in its canonical writing; a server's or a router's is none."""
    text = text.strip()
    return text if PUBLIC_IPV4.fullmatch(text) else ip_remembered(text, context)


def ip_parsed(text: str, _: Context) -> str | None:
    """Do the same by the standard library alone: the reference for the fast path."""
    try:
        # PostgreSQL writes an inet with the length of its mask: 8.8.8.8/32.
        told = ipaddress.ip_interface(text.strip())
    except ValueError:
        return None
    if told.network.num_addresses > 1:
        return None
    address = told.ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    # is_global counts multicast in, but no customer sits there.
    public = address.is_global and not address.is_multicast
    return str(address) if public or _is_an_example(address) else None


def _is_an_example(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in block for block in _EXAMPLES)


ip_remembered = lru_cache(ADDRESSES_REMEMBERED)(ip_parsed)


def text_line(text: str, _: Context) -> str | None:
    """Trimmed text without control characters: user agents, cookies of no form."""
    text = text.strip()
    if not text or len(text) > CHARACTERS_MAX:
        return None
    if not (text.isascii() and text.isprintable()) and _CONTROL.search(text):
        return None
    return text


def click_id(text: str, _: Context) -> str | None:
    """Never altered: case matters, and any length. Spaces inside mean a broken one."""
    text = text.strip()
    if not text or len(text) > CHARACTERS_MAX:
        return None
    return None if " " in text or not text.isprintable() else text


def fbc(text: str, _: Context) -> str | None:
    """Meta's click cookie, unchanged."""
    return _matching(FBC, text)


def fbp(text: str, _: Context) -> str | None:
    """Meta's browser cookie, unchanged."""
    return _matching(FBP, text)


def fbc_built(fbclid: str, clicked_ms: int) -> str | None:
    """The click cookie that a browser would have made of this click id.

    1 is the index of "example.com", which Meta names for cookies built on a server.
    """
    checked = _matching(_FBCLID, fbclid)
    return f"fb.1.{clicked_ms}.{checked}" if checked else None


def madid(text: str, _: Context) -> str | None:
    """A device's advertising id: a lower-case UUID with hyphens, not all zeros."""
    found = _matching(_UUID, text.lower())
    return None if found == _NO_DEVICE else found


def _matching(pattern: re.Pattern[str], text: str) -> str | None:
    text = text.strip()
    if len(text) > CHARACTERS_MAX or not pattern.fullmatch(text):
        return None
    return text
