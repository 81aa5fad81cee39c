"""The configuration under which the demo shop is worked: every platform is the sandbox.

What the keys mean is said in capi_jobs/config; nothing here holds a secret.
"""

from pathlib import Path

from capi_jobs.demo.dirt import NAIVE_ZONE

SHOP_FILE = "shop.db"
LEDGER_FILE = "ledger.db"
# The demo puts a token into this variable; the sandbox takes what begins so.
TOKEN_VARIABLE = "CAPI_DEMO_TOKEN"  # noqa: S105  # a name, not a token
TOKEN = "sandbox-demo"  # noqa: S105  # opens nothing but the sandbox

TEXT = """\
# Written by `capi-jobs demo`. Files are beside this one; platforms are the sandbox.
[warehouse]
url = "sqlite:///{shop}"

[ledger]
url = "sqlite:///{ledger}"

[orders]
relation = "completed_orders"
timezone = "{zone}"

[[sent_events]]
relation = "browser_events"
channel = "browser"

[[sent_events]]
relation = "server_events"
channel = "server"

[[destinations]]
name = "meta-web"
platform = "meta"
account = "1234567890"
token = "env:{token}"
base_url = "http://127.0.0.1:{port}"
channels = ["web"]

[destinations.arrival]
delay = "0s"  # the sandbox tells at once

[[destinations]]
name = "tiktok-web"
platform = "tiktok"
account = "C0DEMOSHOPPIXEL00001"
token = "env:{token}"
base_url = "http://127.0.0.1:{port}"
channels = ["web"]

[destinations.arrival]
delay = "0s"
advertiser = "7000000000000000001"
timezone = "UTC"

[[destinations]]
name = "snapchat-web"
platform = "snapchat"
account = "5e7d0a1c-52e1-4a0e-9c59-2f6f0d3b7a11"
token = "env:{token}"
base_url = "http://127.0.0.1:{port}"
channels = ["web"]

[destinations.arrival]
delay = "0s"
"""


def demo_config(folder: Path, port: int) -> str:
    """Write `capi_jobs.toml` into the folder, for a sandbox on that port; its text."""
    text = TEXT.format(
        shop=SHOP_FILE,
        ledger=LEDGER_FILE,
        zone=NAIVE_ZONE,
        token=TOKEN_VARIABLE,
        port=port,
    )
    (folder / "capi_jobs.toml").write_text(text, encoding="utf-8")
    return text
