"""Reads HTML forms, which Meta takes as well as JSON."""

from collections.abc import Mapping
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

FIELDS_MAX = 100  # Meta's call has about a dozen


def read_form(content_type: str, body: bytes) -> Mapping[str, str] | None:
    """Read the fields of a form; None when the body is none. Files are left out."""
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _url_encoded(body)
    if content_type.startswith("multipart/form-data"):
        return _multipart(content_type, body)
    return None


def _url_encoded(body: bytes) -> Mapping[str, str]:
    try:
        return dict(
            parse_qsl(body.decode(), errors="strict", max_num_fields=FIELDS_MAX)
        )
    except ValueError:
        return {}


def _multipart(content_type: str, body: bytes) -> Mapping[str, str]:
    header = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(header + body, policy=HTTP)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode(errors="replace")
    return fields
