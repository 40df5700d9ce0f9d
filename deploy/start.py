"""Starts the app on a server, as deploy/made/app.env has it, or asks whether it is well.

    python deploy/start.py
    python deploy/start.py --is-healthy      # exit code 0 or 1

It becomes ``streamlit run app.py``: signals go to the app itself.
"""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
#: Where compose.yaml and the systemd unit put the secrets.
SECRETS = "/etc/emotion/secrets.toml"


def main() -> None:
    """Start, or ask."""
    address = os.environ.get("APP_LISTENS", "0.0.0.0:8501")
    host, _, port = address.rpartition(":")
    # Several processes: each has a number, and knows where all of them are.
    if addresses := os.environ.get("APP_ADDRESSES", "").split():
        number = os.environ.get("APP_PROCESS") or "1"
        port = addresses[int(number) - 1].rpartition(":")[2]
        os.environ["EMOTION_PROCESS"] = number
        os.environ["EMOTION_PROCESSES"] = " ".join(addresses)
    if sys.argv[1:] == ["--is-healthy"]:
        sys.exit(0 if is_healthy(port) else 1)
    for name, folder in (("EMOTION_DATA_DIR", "/data"), ("EMOTION_CACHE_DIR", "/cache")):
        os.environ.setdefault(name, folder)
    # What libraries keep goes where it may be lost; the root is read-only.
    os.environ["HOME"] = os.environ["EMOTION_CACHE_DIR"]
    os.environ.setdefault("STREAMLIT_SECRETS_FILES", SECRETS)
    # 127.0.0.1 asks whether it is well.
    os.environ["STREAMLIT_SERVER_ALLOWED_HOSTS"] = f"{os.environ['APP_NAMES']} 127.0.0.1"
    os.chdir(PROJECT)
    options = ["--server.address", host, "--server.port", port, "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    os.execv(sys.executable, command)


def is_healthy(port: str) -> bool:
    """Ask the app on this machine."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=4) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()
