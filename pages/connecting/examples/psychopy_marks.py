import os
import time

import requests

LIVE = "http://localhost:8501/api/v1/live"
web = requests.Session()  # one connection for all marks: each takes a millisecond or two
web.headers["Authorization"] = "Bearer " + os.environ["EMOTION_TOKEN"]


def compare_clocks():
    """Compare this machine's clock with the app's; again every few minutes, between trials."""
    found = []
    for _ in range(10):
        sent = time.perf_counter()
        answer = web.get(LIVE + "/clock", params={"sent": sent}, timeout=2).json()
        found.append({**answer, "back": time.perf_counter()})
    return found


def mark(label, when):
    """Mark the moment in what is being recorded."""
    new = {"label": label, "time": when, "clock": "own", "exchanges": exchanges}
    web.post(LIVE + "/STREAM/marks", json=new, timeout=2).raise_for_status()


exchanges = compare_clocks()

# Instead of this line: win.callOnFlip(lambda: shown.append(time.perf_counter())), and after the
# trial mark("picture 1", shown[-1]).
mark("picture 1", time.perf_counter())
