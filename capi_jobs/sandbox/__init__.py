"""A strict server that plays Meta, TikTok and Snapchat on loopback, and counts.

It imports nothing else of capi-jobs: what it shares with the senders proves nothing.
docs/sandbox.md describes it.
"""

from .app import create_app
from .faults import Rule, read_script
from .server import running, serve
from .settings import SandboxSettings

__all__ = [
    "Rule",
    "SandboxSettings",
    "create_app",
    "read_script",
    "running",
    "serve",
]
