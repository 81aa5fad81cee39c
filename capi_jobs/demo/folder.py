"""The folder of a demo: made new each time, and only where nothing else would go."""

from pathlib import Path
from shutil import rmtree

from capi_jobs.errors import CapiJobsError

# Marks a folder as ours, so that a second demo may replace it and nothing else.
_MARK = "made-by-capi-jobs-demo"


def fresh_folder(folder: Path) -> None:
    """Make the folder, or empty the one of an earlier demo; touch nothing else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise CapiJobsError(
            f"{folder} is not empty and not of an earlier demo",
            do="name another --folder",
        )
    if folder.exists():
        rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
