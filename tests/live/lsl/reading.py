"""Reads streams of the Lab Streaming Layer as a recorder of its own does: in another process.

``python -m tests.live.lsl.reading SECONDS ID...`` prints, as JSON, the description and samples of
the streams with these source ids, once each has given a sample or the time is over. It says on
stderr when it is ready.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from xml.etree import ElementTree

import pylsl

pylsl.set_config_content("[log]\nlevel = -2\n")


def read(ids: list[str], seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds
    inlets = {}
    for id_ in ids:
        (found, *_) = pylsl.resolve_byprop("source_id", id_, timeout=seconds) or [None]
        if found is None:
            raise SystemExit(f"no stream {id_}")
        inlets[id_] = pylsl.StreamInlet(found, recover=False)
        inlets[id_].open_stream(timeout=seconds)
    print("ready", file=sys.stderr, flush=True)
    samples: dict[str, list[Any]] = {id_: [] for id_ in ids}
    while not all(samples.values()) and time.monotonic() < until:
        for id_, inlet in inlets.items():
            sample, moment = inlet.pull_sample(timeout=0.05)
            if sample is not None:
                samples[id_].append([moment, sample])
    return {
        id_: described(inlet.info()) | {"samples": samples[id_]} for id_, inlet in inlets.items()
    }


def described(info: pylsl.StreamInfo) -> dict[str, Any]:
    description = ElementTree.fromstring(info.as_xml()).find("desc")
    assert description is not None
    return {
        "name": info.name(),
        "type": info.type(),
        "rate": info.nominal_srate(),
        "manufacturer": description.findtext("manufacturer"),
        "person": description.findtext("person"),
        "model": description.findtext("acquisition/model"),
        "channels": [
            [channel.findtext("label"), channel.findtext("unit"), channel.findtext("type")]
            for channel in description.iterfind("channels/channel")
        ],
    }


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[2:], float(sys.argv[1]))))
