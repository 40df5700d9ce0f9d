import json
import shutil

import numpy as np
import pytest

from emotion_core.cli import main
from emotion_core.datasets import SPLITS, demo_dataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.models.folder import load_card


def evaluate(model, tmp_path, *options):
    path = tmp_path / "out.json"
    code = main(
        ["evaluate", "--model", str(model), "--data", "demo", "--json", str(path), *options]
    )
    return code, json.loads(path.read_text()) if path.exists() else None


def test_both_runtimes_agree(tiny_model, tmp_path, capsys):
    code, litert = evaluate(tiny_model, tmp_path)
    assert code == 0
    printed = capsys.readouterr().out
    assert f"images       {litert['n']}" in printed
    assert "label/answer" in printed
    _, keras = evaluate(tiny_model, tmp_path, "--runtime", "keras")
    assert keras["n"] == litert["n"] == 126
    assert keras["confusion"] == litert["confusion"]
    assert keras["log_loss"] == pytest.approx(litert["log_loss"], rel=1e-3)


def test_other_splits(tiny_model, tmp_path):
    assert evaluate(tiny_model, tmp_path, "--split", "PrivateTest")[1]["n"] == 126
    training = evaluate(tiny_model, tmp_path, "--split", "Training")[1]
    assert (training["n"], training["clean"]) == (588, None)


def test_an_exclusion_list_is_left_out_and_recorded(tiny_model, tmp_path):
    demo = demo_dataset()
    chosen = np.flatnonzero(demo.splits == SPLITS.index("PublicTest"))[:20]
    leaving_out = exclusion_list(demo, "mine", {"by hand": chosen})
    path = save_exclusions(leaving_out, tmp_path)
    _, report = evaluate(tiny_model, tmp_path, "--exclude", str(path))
    assert report["n"] == 126 - 20
    assert report["excluded"] == {"name": "mine", "images": 20, "checksum": leaving_out.checksum}
    assert "excluded" not in evaluate(tiny_model, tmp_path)[1]


def test_temperature_of_the_card_is_applied(tiny_model, tmp_path):
    _, report = evaluate(tiny_model, tmp_path)
    assert load_card(tiny_model).temperature != 1
    assert 0 < report["ece"] < 1


def test_threshold_of_the_card_is_applied(tiny_model, tmp_path, capsys):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    content = json.loads((model / "card.json").read_text())
    (model / "card.json").write_text(json.dumps(content | {"certainty_threshold": 0.0}))
    _, report = evaluate(model, tmp_path)
    assert report["selective"]["coverage"] == 1
    assert "uncertain" not in capsys.readouterr().out
    (model / "card.json").write_text(json.dumps(content | {"certainty_threshold": 1.0}))
    _, report = evaluate(model, tmp_path)
    assert (report["selective"]["threshold"], report["selective"]["coverage"]) == (1, 0)
    assert "score 1.00 or more; the rest are uncertain" in capsys.readouterr().out
    assert len(report["reliability"]) == 15


def test_shifted_boxes(tiny_model, tmp_path, capsys):
    _, report = evaluate(tiny_model, tmp_path, "--shifted-boxes")
    shifted = report["shifted_boxes"]
    assert (shifted["n"], shifted["repeats"]) == (126, 5)
    assert shifted["accuracy"] == report["accuracy"]
    printed = capsys.readouterr().out
    assert "boxes shifted by up to 8% of their side in x and y and scaled by 0.85 to" in printed
    assert f"{shifted['points_lost']:.2f} points lost" in printed
    assert "shifted_boxes" not in evaluate(tiny_model, tmp_path)[1]


def test_both_views_have_their_own_figures_temperature_and_threshold(
    tiny_model, tmp_path, demo, capsys, monkeypatch
):
    monkeypatch.setattr("emotion_core.cli.evaluate.read_data", lambda *_: demo)
    _, once = evaluate(tiny_model, tmp_path)
    assert "view         single: each image as it is\n" in capsys.readouterr().out
    path, page = tmp_path / "answers.csv", tmp_path / "report.html"
    _, both = evaluate(tiny_model, tmp_path, "--careful", "--csv", str(path), "--report", str(page))
    printed = capsys.readouterr().out
    assert "view         mirrored: each image and its mirror image, averaged\n" in printed
    assert "each image and its mirror image, averaged" in page.read_text()
    assert (once["view"], both["view"]) == ("single", "mirrored")
    card = load_card(tiny_model)
    assert (once["temperature"], both["temperature"]) == (
        card.temperature,
        card.metrics["mirrored"]["temperature"],
    )
    figures = card.metrics["mirrored"]
    assert both["confusion"] == figures["confusion"]
    assert both["log_loss"] == pytest.approx(figures["log_loss"], rel=1e-4)
    assert both["log_loss"] != once["log_loss"]
    assert both["selective"]["threshold"] == figures["certainty_threshold"]
    assert {line.rpartition(",")[2] for line in path.read_text().split()[1:]} == {"mirrored"}


def test_what_is_measured_beside_it_is_of_the_same_view(tiny_model, tmp_path):
    _, both = evaluate(
        tiny_model, tmp_path, "--careful", "--shifted-boxes", "--compare", str(tiny_model)
    )
    assert both["shifted_boxes"]["accuracy"] == both["accuracy"]
    assert both["comparison"]["accuracy_difference"] == 0


def test_a_model_without_figures_of_both_views_is_judged_with_those_of_one(tiny_model, tmp_path):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    content = json.loads((model / "card.json").read_text())
    del content["metrics"]["mirrored"]
    (model / "card.json").write_text(json.dumps(content))
    _, both = evaluate(model, tmp_path, "--careful")
    assert (both["view"], both["temperature"]) == ("mirrored", content["temperature"])


def test_missing_model(tmp_path, capsys):
    code, report = evaluate(tmp_path / "nothing", tmp_path)
    assert (code, report) == (2, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected a model folder with card.json, found none at" in line


def test_unknown_split_is_refused_by_the_parser(tiny_model, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        evaluate(tiny_model, tmp_path, "--split", "Test")
    assert stop.value.code == 2
    assert "invalid choice: 'Test'" in capsys.readouterr().err


def test_every_answer_is_written_as_csv(tiny_model, tmp_path):
    path = tmp_path / "answers.csv"
    _, report = evaluate(tiny_model, tmp_path, "--csv", str(path))
    lines = path.read_text().splitlines()
    assert len(lines) == 1 + report["n"]
    assert lines[0].startswith("index,row,split,label,emotion,confidence,answer,correct")
    assert sum(",True," in line for line in lines) >= report["accuracy"] * report["n"]


def test_another_model_is_compared(tiny_model, tmp_path, capsys):
    _, report = evaluate(tiny_model, tmp_path, "--compare", str(tiny_model))
    comparison = report["comparison"]
    assert (comparison["accuracy_difference"], comparison["p_value"]) == (0, 1)
    assert comparison["n"] == report["n"]
    printed = capsys.readouterr().out
    assert "McNemar's test" in printed
    # Both have one name, as a model before and after has: the folder tells them apart.
    name = load_card(tiny_model).name
    assert f" only {name} is right\n" in printed
    assert f" only {tiny_model} is right\n" in printed
    code, _ = evaluate(tiny_model, tmp_path, "--compare", str(tmp_path / "nothing"))
    assert code == 2


def test_robustness_and_report(tiny_model, tmp_path, capsys):
    path = tmp_path / "report.html"
    _, report = evaluate(tiny_model, tmp_path, "--robustness", "--report", str(path))
    assert len(report["robustness"]["curves"]) == 8
    assert "robustness on 126 random images of 126" in capsys.readouterr().out
    html = path.read_text()
    assert "<h2>Robustness</h2>" in html
    assert "data:image/png;base64," in html
    assert report["notices"] == [
        {"kind": notice["kind"], "text": notice["text"]} for notice in report["notices"]
    ]
    assert any("drawn" in notice["text"] for notice in report["notices"])
