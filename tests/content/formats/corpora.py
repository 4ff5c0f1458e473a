"""Where the third-party files lie that some tests read, where they are there at all."""

from pathlib import Path


def files(corpus: str, pattern: str) -> list[Path]:
    """The files of a corpus in a folder `shared/corpora` beside the project or above it; none where there is none."""
    beside = (above / "shared/corpora" / corpus for above in Path(__file__).resolve().parents)
    found = next((folder for folder in beside if folder.is_dir()), None)
    return sorted(found.glob(pattern)) if found else []
