"""The connection type `capi_jobs`: the hook behind the form's button *Test*.

The form's fields stand in `provider.py`; runs read connections through `vault.py`.
"""

from typing import Any

from airflow.sdk import BaseHook
from pydantic import ValidationError

from capi_jobs.airflow.vault import airflow_vault
from capi_jobs.config import Credentials, Destination, SecretRef
from capi_jobs.config.faults import fault_lines
from capi_jobs.config.secrets import secret_of
from capi_jobs.errors import CapiJobsError


class CapiJobsHook(BaseHook):
    """A destination's secrets, kept by Airflow."""

    conn_name_attr = "capi_jobs_conn_id"
    default_conn_name = "capi_jobs_default"
    conn_type = "capi_jobs"
    hook_name = "capi-jobs destination"

    def __init__(self, capi_jobs_conn_id: str = default_conn_name) -> None:
        """Name the connection; nothing is read yet."""
        super().__init__()
        self.conn_id = capi_jobs_conn_id

    def get_conn(self) -> Credentials:
        """Return the token and the app's secret; ConfigFault where there is none."""
        ref = SecretRef(f"airflow:{self.conn_id}")
        token = secret_of(ref, {}, "token", airflow_vault)
        if not self._extra("app_secret"):
            return Credentials(token)
        return Credentials(token, secret_of(ref, {}, "app_secret", airflow_vault))

    def test_connection(self) -> tuple[bool, str]:
        """Look at the secrets; ask the platform where it and the account are named.

        The call that asks counts nothing.
        """
        try:
            credentials = self.get_conn()
            if not (self._extra("platform") and self._extra("account")):
                return True, (
                    "There is a token of one line. Name platform and account to ask"
                    " the platform, too; nothing is counted by that."
                )
            destination = self._destination()
            return _probed(destination, credentials)
        except ValidationError as error:
            known = {"": tuple(Destination.model_fields)}
            return False, "; ".join(fault_lines(error, known))
        except CapiJobsError as fault:
            return False, str(fault)
        except Exception as error:  # noqa: BLE001 - its text may hold the token
            return False, f"the test broke off: {type(error).__name__}"

    def _destination(self) -> Destination:
        told: dict[str, Any] = {
            name: self._extra(name)
            for name in ("platform", "account", "base_url")
            if self._extra(name)
        }
        ref = f"airflow:{self.conn_id}"
        return Destination.model_validate(told | {"name": "tested", "token": ref})

    def _extra(self, name: str) -> str:
        extras: object = self.get_connection(self.conn_id).extra_dejson
        found = extras.get(name) if isinstance(extras, dict) else None
        return str(found or "").strip()


def _probed(destination: Destination, credentials: Credentials) -> tuple[bool, str]:
    from capi_jobs.jobs.probing import probe  # noqa: PLC0415 - only who tests needs it

    return probe(destination, credentials)
