"""capi-jobs: every completed order counted exactly once by every ad platform."""

__version__ = "0.1.0"
