"""What Airflow is told of us as a provider: connection type, form, scheme of assets.

The entry point `apache_airflow_provider` names `provider_info`; what the button *Test*
of the form does is `hook.py`, what the scheme is for `lineage.py`.
"""

from typing import Any

from capi_jobs import __version__

_PLATFORMS = ("meta", "tiktok", "snapchat")


def provider_info() -> dict[str, Any]:
    """Describe the provider as Airflow's own schema has it."""
    return {
        "package-name": "capi-jobs",
        "name": "capi-jobs",
        "description": "Conversions that ad platforms never saw, uploaded once.",
        "versions": [__version__],
        "connection-types": [
            {
                "connection-type": "capi_jobs",
                "hook-class-name": "capi_jobs.airflow.hook.CapiJobsHook",
                "hook-name": "capi-jobs destination",
                "conn-fields": _fields(),
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "schema", "login", "port", "extra"],
                    "relabeling": {"password": "Access token"},
                    "placeholders": {"password": "the platform's token, one line"},
                },
            }
        ],
        "asset-uris": [
            {
                "schemes": ["capi-jobs"],
                "handler": "capi_jobs.airflow.lineage.sanitize_uri",
                "to_openlineage_converter": "capi_jobs.airflow.lineage.as_dataset",
            }
        ],
    }


def _fields() -> dict[str, Any]:
    """Only the token and the app's secret are used by runs; the others by *Test*."""
    return {
        "platform": {
            "label": "Platform",
            "description": "Where Test asks whether the token is right.",
            "schema": {"type": ["string", "null"], "enum": [*_PLATFORMS]},
        },
        "account": {
            "label": "Account",
            "description": "Dataset, pixel or event source, as in capi_jobs.toml.",
            "schema": {"type": ["string", "null"]},
        },
        "base_url": {
            "label": "Base URL",
            "description": "Empty for the platform's own.",
            "schema": {"type": ["string", "null"]},
        },
        "app_secret": {
            "label": "App secret",
            "description": "Meta, only where the app requires it.",
            "schema": {"type": ["string", "null"], "format": "password"},
        },
    }
