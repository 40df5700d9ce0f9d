"""Chooses the image's packages, and leaves out of them what no class needs; for the Dockerfile.

    python packages.py choose requirements.lock tensorflow-cpu.txt    # prints what pip installs
    python packages.py slim /packages

Nothing that the app needs is removed, training included.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

#: Below site-packages: what is there for compilers, notebooks, GPUs, other languages and tests.
UNUSED = (
    "**/*.a",
    "**/*.pxd",
    "**/*.pyx",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "clang",
    "libclang*",
    "pandas/tests",
    "pip",
    "pip-*",
    "plotly/labextension",
    "pyarrow/_flight*",
    "pyarrow/include",
    "pyarrow/libarrow_flight*",
    "pyarrow/libarrow_python_flight*",
    "pyarrow/tests",
    "pydeck/nbextension",
    "scipy/**/tests",
    "sklearn/**/tests",
    "tensorflow/include",
)
#: Libraries of which a quarter is names for debuggers.
WITH_SYMBOLS = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")


def main() -> None:
    """Do what the first word says."""
    what, *more = sys.argv[1:]
    if what == "choose":
        print(chosen(*(Path(each).read_text("utf-8") for each in more)))
    else:
        (site,) = Path(more[0]).glob("lib/python*/site-packages")
        slim(site)


def chosen(lock: str, smaller: str) -> str:
    """Return the lock with a smaller TensorFlow, of the same version, in place of its own.

    Both are requirements with hashes, as pip reads them; a comment line belongs to the one above.
    """
    kept: list[str] = []
    left_out = False
    for line in lock.splitlines():
        if line and not line.startswith((" ", "#")):
            left_out = line.startswith("tensorflow==")
        if not left_out:
            kept.append(line)
    return "\n".join([*kept, smaller])


def slim(site: Path) -> None:
    """Remove what is unused from a folder ``site-packages``."""
    for pattern in UNUSED:
        for path in [*site.glob(pattern)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for name in WITH_SYMBOLS:
        if (site / name).exists():
            subprocess.run(["strip", "--strip-unneeded", site / name], check=True)


if __name__ == "__main__":
    main()
