"""What a benchmark ran on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("flask", "granian", "waitress", "polars", "numpy", "numba", "scikit-learn", "xgboost", "shap")
IN_THE_APP = ("splunk-sdk", "requests")


def machine(python: str) -> dict[str, Any]:
    """Processor, cores, load, and every version that matters. python: the commands' interpreter."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return {
        "date": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python_command": version,
        "python_service": platform.python_version(),
        "versions": _app_versions() | {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def _app_versions() -> dict[str, str]:
    """The libraries in the packages of all apps."""
    lines = (ROOT / "splunk_app" / "lib-requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.rstrip(" \\").split("==") for line in lines if "==" in line)
    return {name: pinned[name] for name in IN_THE_APP}
