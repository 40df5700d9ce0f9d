"""A model's card: what is measured for it, and its README (Mitchell et al. 2019, "Model Cards").

The README is written from ``card.json`` alone. What a card does not state, its README does not
claim: sections without figures are left out, and FER2013 is spoken of only where the card proves
that the network was trained on it.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.artefacts import (
    CARD_FILE,
    LITERT_FILE,
    README_FILE,
    ModelCard,
    checksum,
)
from emotion_core.calibration import calibrate
from emotion_core.datasets.types import FaceDataset, byte_identical_to
from emotion_core.emotions import EMOTIONS
from emotion_core.evaluation import Classifier
from emotion_core.files import replace_file, write_json
from emotion_core.robustness import SHIFTED_BOXES, measure_robustness

#: Fingerprint of FER2013's official Training split (28,709 images), in any of its CSV forms.
FER2013_TRAINING: Final = "ce2991bafde5053506e9cd9b9ed25a945cb051a8537f9b04f849f532a259af50"


def measured(
    card: ModelCard,
    classifier: Classifier,
    training_set: FaceDataset,
    selection_set: FaceDataset,
    logits: NDArray[np.float32],
) -> ModelCard:
    """Return ``card`` with everything that is fitted or measured on the images that selected it.

    Args:
        card: what is known of the model besides.
        classifier: the model; runs on shifted boxes.
        training_set: what it was trained on.
        selection_set: what its best epoch was selected on.
        logits: its float32 ``[N, 7]`` for the selection set.
    """
    leaked = byte_identical_to(selection_set.images, training_set.images)
    fitted = calibrate(logits, selection_set.labels, leaked)
    shifted = measure_robustness(classifier, selection_set, SHIFTED_BOXES)
    also_selecting = byte_identical_to(training_set.images, selection_set.images)
    return replace(
        card,
        temperature=fitted.temperature,
        certainty_threshold=fitted.certainty_threshold,
        data=card.data
        | {
            "training_images": len(training_set),
            "training_fingerprint": training_set.fingerprint,
            "training_images_also_selecting": int(also_selecting.sum()),
            "selected_on": selection_set.name,
            "selection_images": len(selection_set),
        },
        metrics=fitted.metrics | {"shifted_boxes": shifted.to_json()},
    )


def write_card(folder: Path, card: ModelCard) -> ModelCard:
    """Write ``README.md`` and ``card.json``, and return the card with the README's checksum.

    Raises:
        OSError: the folder cannot be written.
    """
    readme = folder / README_FILE
    with replace_file(readme) as temporary:
        temporary.write_text(readme_text(card), encoding="utf-8", newline="\n")
    card = replace(card, files={**card.files, README_FILE: checksum(readme)})
    write_json(folder / CARD_FILE, card.to_json())
    return card


def readme_text(card: ModelCard) -> str:
    """Return the card in words, as Markdown."""
    sections = (
        _introduction,
        _use,
        _data,
        _figures,
        _expressions,
        _confusion,
        _calibration,
        _certainty,
        _robustness,
        _not_for,
        _limits,
        _making,
        _licence,
        _references,
    )
    return "\n".join(text for section in sections if (text := section(card)))


def _introduction(card: ModelCard) -> str:
    size = card.sizes.get(LITERT_FILE)
    megabytes = f", {size / 1e6:.2g} MB as `{LITERT_FILE}`" if size else ""
    missing = card.interface.missing if card.interface else ()
    named = [label for label in card.labels if label not in missing]
    number = {7: "seven"}.get(len(named), str(len(named)))
    what = _wrapped(
        f"A convolutional neural network ({card.architecture}, {card.parameters:,} weights"
        f"{megabytes}) that takes a grey picture of a face, 48x48 pixels, and gives a score to "
        f"each of {number} expressions: {', '.join(named)}. It names what a face *shows*, as "
        "its data's labels would. It cannot tell what somebody feels, thinks or intends."
    )
    return f"""\
# {card.name}

{what}

This page is written from `{CARD_FILE}` by `python -m emotion_core card`; do not edit it.
"""


def _use(card: ModelCard) -> str:
    return f"""\
## Use

```python
from pathlib import Path
from emotion_core import EmotionDetector
faces = EmotionDetector.load(Path("models/{card.name}")).detect(image)
```

`image` is a uint8 BGR picture such as `cv2.imread` gives. Each face has its `box`, seven calibrated
`scores` and its `answer`. Faces that are cropped already, uint8 `[N, 48, 48]`, go to
`emotion_core.classifier.EmotionClassifier.load(...).predict_scores(faces)`.

| | |
|---|---|
| input | {card.input} |
| preprocessing | {card.preprocessing} |
| output | {card.output} |
"""


def _data(card: ModelCard) -> str:
    data, selected_on = card.data, card.data.get("selected_on")
    lines = []
    if images := data.get("training_images"):
        lines.append(f"Trained on {images:,} images of the Training split of {data['name']}.")
    if excluded := data.get("excluded"):
        lines.append(
            f"The exclusion list {excluded['name']} (`{excluded['checksum']}`) had left out "
            f"{excluded['images']:,} of the data's images."
        )
    if teachers := data.get("teachers"):
        lines.append(
            f"Besides the labels it learned from the scores of {_count(len(teachers), 'network')} "
            "(knowledge distillation, Hinton et al. 2015)."
        )
    if initial := data.get("initial"):
        lines.append(
            f"It began with the weights of {initial['name']} (`{initial['checksum']}`), whose own "
            "data it therefore knows too."
        )
    if selected_on:
        lines.append(
            f"The best epoch ({card.best_epoch}) was selected on {data['selection_images']:,} "
            f"images: {selected_on}. Temperature and certainty threshold were fitted on these "
            "images, and all figures below were measured on them; they are not a test score."
        )
    if measured_on := data.get("measured_on"):
        lines.append(
            f"What it learned from is not known. Temperature and certainty threshold were fitted "
            f"here ({data['measured_at'][:10]}) on {data['measured_images']:,} images: "
            f"{measured_on}. All figures below were measured on them; if it learned from some of "
            "them, they flatter it."
        )
    if leaks := _leaks(card):
        lines.append(leaks)
    if selected_on and selected_on.endswith(" PublicTest"):
        lines.append("The PrivateTest split took no part in training or selection.")
    if _is_fer2013(card):
        lines.append(
            "The training images are FER2013's official Training split (Goodfellow et al. 2013), "
            "none left out: faces from a web search, cropped by a face detector, each labelled "
            "with one of seven expressions. FER2013 was published with images that stand in more "
            "than one split, so some of PrivateTest's are among them too."
        )
    return _section("Data and protocol", lines)


def _leaks(card: ModelCard) -> str:
    clean, data = card.metrics.get("clean"), card.data
    if not clean:
        return ""
    leaked, total = card.metrics["n"] - clean["n"], card.metrics["n"]
    if not leaked:
        return "None of them also stands, byte for byte, among the training images."
    training = data.get("training_images_also_selecting")
    copies = f" (there in {training:,} copies)" if training else ""
    return (
        f"Of these {total:,} images, {leaked:,} also stand, byte for byte, among the training "
        f"images{copies}; the accuracy is given with and without them."
    )


def _figures(card: ModelCard) -> str:
    metrics = card.metrics
    if "accuracy" not in metrics:
        return ""
    intervals = metrics.get("interval_95", {})
    rows = [
        [f"accuracy, {metrics['n']:,} images", _estimate(metrics, "accuracy", intervals)],
    ]
    if clean := metrics.get("clean"):
        without = f"accuracy without those that stand in training, {clean['n']:,} images"
        rows.append([without, _estimate(clean, "accuracy", {"accuracy": clean["interval_95"]})])
    rows.append(["macro F1", _estimate(metrics, "macro_f1", intervals)])
    rows += [
        [name, f"{metrics[key]:.3f}"]
        for name, key in (("log loss", "log_loss"), ("Brier score, 0 to 2", "brier"))
        if key in metrics
    ]
    seed = card.config.get("seed")
    once = "" if seed is None else f", one run with one seed ({seed})"
    lines = [
        f"A single view of each image{once}. In brackets the 95 % interval: of shares by Wilson "
        "(1927), of F1 by bootstrap; it covers the choice of images, not that of the seed."
    ]
    return _section("Figures", lines, _table(["", "figure"], rows))


def _expressions(card: ModelCard) -> str:
    per_class = card.metrics.get("per_class")
    if not per_class:
        return ""
    columns = [key for key in ("recall", "precision", "f1") if key in per_class[EMOTIONS[0]]]
    if card.certainty_threshold and "answered" in per_class[EMOTIONS[0]]:
        columns.append("answered")
    rows = [
        [
            emotion,
            f"{figures['support']:,}",
            *(_estimate(figures, column, figures.get("interval_95", {})) for column in columns),
        ]
        for emotion, figures in per_class.items()
    ]
    recall = {name: entry["recall"] for name, entry in per_class.items() if entry["support"]}
    lines = [
        "Recall: how many faces with this label are named so; best for "
        f"{max(recall, key=lambda name: recall[name])}, worst for "
        f"{min(recall, key=lambda name: recall[name])}."
    ]
    if "answered" in columns:
        lines.append("Answered: how many of them do not get the answer uncertain.")
    names = ["F1" if column == "f1" else column for column in columns]
    return _section("Expressions", lines, _table(["", "images", *names], rows))


def _confusion(card: ModelCard) -> str:
    confusion = card.metrics.get("confusion")
    if not confusion:
        return ""
    rows = [
        [label, *(f"{count:,}" for count in row)]
        for label, row in zip(card.labels, confusion, strict=True)
    ]
    lines = [
        "Numbers of images: a row for each label, a column for each highest-scored expression."
    ]
    return _section("Confusion matrix", lines, _table(["", *card.labels], rows))


def _calibration(card: ModelCard) -> str:
    metrics = card.metrics
    if "ece" not in metrics:
        return ""
    errors = [
        [name, f"{100 * metrics[key]:.1f} %"]
        for name, key in (
            ("without temperature", "ece_uncalibrated"),
            ("with it", "ece"),
            ("fitted on one half, measured on the other", "ece_cross_fitted"),
        )
        if key in metrics
    ]
    lines = [
        f"The logits are divided by a temperature of {card.temperature:.3f} (Guo et al. 2017), so "
        "that a score says how often such an answer is right. Expected calibration error in 15 "
        "bins:"
    ]
    text = _section("Calibration", lines, _table(["", "error"], errors))
    bins = [bin_ for bin_ in metrics.get("reliability", ()) if bin_["count"]]
    if not bins:
        return text
    rows = [
        [
            f"{100 * bin_['low']:.0f} to {100 * bin_['high']:.0f} %",
            f"{bin_['count']:,}",
            f"{100 * bin_['confidence']:.1f} %",
            f"{100 * bin_['accuracy']:.1f} %",
        ]
        for bin_ in bins
    ]
    return text + "\n" + _table(["highest score", "images", "mean score", "right"], rows)


def _certainty(card: ModelCard) -> str:
    selective = card.metrics.get("selective")
    if not selective:
        return ""
    if not card.certainty_threshold:
        return _section("Uncertain", ["Every face gets an answer: the certainty threshold is 0."])
    intervals = selective["interval_95"]
    lines = [
        f"A face whose highest score is below {100 * card.certainty_threshold:.0f} % gets the "
        "answer uncertain (selective classification, Geifman and El-Yaniv 2017). That leaves "
        f"{_estimate(selective, 'coverage', intervals)} of the images answered, and "
        f"{_estimate(selective, 'accuracy_answered', intervals)} of the answers are right, instead "
        f"of {100 * selective['accuracy_all']:.1f} % of all."
    ]
    if "target_accuracy" in selective:
        lines.append(
            f"The rule: the lowest threshold with which {100 * selective['target_accuracy']:.0f} % "
            "of the answers are right, but none that leaves less than "
            f"{100 * selective['least_coverage']:.0f} % answered."
        )
        if selective["accuracy_answered"] < selective["target_accuracy"]:
            lines.append(
                "Here none does both; of those that leave as many answered, this one has the most "
                "accurate answers."
            )
    if "coverage_cross_fitted" in selective:
        lines.append(
            "With the threshold chosen on one half and measured on the other, "
            f"{100 * selective['coverage_cross_fitted']:.1f} % are answered, "
            f"{100 * selective['accuracy_answered_cross_fitted']:.1f} % of them rightly."
        )
    curve = selective["curve"]
    rows = [
        [f"{100 * threshold:.0f} %", f"{100 * coverage:.1f} %", f"{100 * accuracy:.1f} %"]
        for threshold, coverage, accuracy in zip(
            curve["threshold"], curve["coverage"], curve["accuracy"], strict=True
        )
        if round(100 * threshold) % 10 == 0
    ]
    return _section("Uncertain", lines, _table(["threshold", "answered", "right of these"], rows))


def _robustness(card: ModelCard) -> str:
    shifted = card.metrics.get("shifted_boxes")
    if not shifted:
        return ""
    lines = [
        f"On {shifted['name']}, at random ({shifted['repeats']} repeats, seed {shifted['seed']}): "
        f"{100 * shifted['accuracy_perturbed']:.1f} % right, with a standard deviation of "
        f"{100 * shifted['standard_deviation']:.1f} points between repeats, against "
        f"{100 * shifted['accuracy']:.1f} % on the images as they are."
    ]
    return _section("Shifted boxes", lines)


def _not_for(_card: ModelCard) -> str:
    return """\
## Not for

- deciding about anybody: hiring, promotion, credit, insurance, admission, grades, benefits;
- policing, border control, surveillance, lie detection, guessing at intentions;
- diagnosis or therapy of any condition, pain, attention or tiredness included;
- inferring emotions at work or in education: the EU forbids that except for medical or safety
  reasons, for which this model is not made either (Regulation (EU) 2024/1689, Article 5(1)(f));
- advertising or pricing by a person's face, and reading faces of people who do not know of it.

People express the same emotion differently and different emotions alike (Barrett et al. 2019):
even a right answer is about a face, not about a feeling.
"""


def _limits(card: ModelCard) -> str:
    lines = [
        "Models that read expressions have been found to differ between groups of people, by race, "
        "gender and age (Rhue 2018, Xu et al. 2020, Dominguez-Catena et al. 2022). How this one "
        "differs is not known: nothing here was measured by group."
    ]
    if _is_fer2013(card):
        lines.append(
            "FER2013 has no group labels, so it cannot be measured on it. Its expression labels "
            "are disputed: when ten people voted on each image anew (FER+, Barsoum et al. 2016), "
            "one label in six got none of their votes, and the majority agrees with 63 % of the "
            "labels of Training and PublicTest. A person reaches about 65 % (Goodfellow et al. "
            "2013). So part of any accuracy above that is agreement with the quirks of these "
            "labels, not a better reading of faces."
        )
    return _section("Known limits", lines)


def _making(card: ModelCard) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    lines = [f"Trained with this project's code, finished {card.created}."]
    if card.source:
        lines = [
            f"Imported on {card.source['imported']} from {card.source['file']} (SHA-256 "
            f"`{card.source['sha256']}`)."
        ]
    if card.source and not card.config:
        lines.append("How it was trained is not known here.")
        if not card.measured_on:
            lines.append("Nothing was measured of it.")
    if versions:
        lines.append(f"Versions: {versions}.")
    if fingerprint := card.data.get("fingerprint"):
        lines.append(f"Fingerprint of the data: `{fingerprint}`.")
    if not card.config:
        return _section("How it was made", lines)
    lines.append("Settings:")
    settings = json.dumps(card.config, indent=1)
    return _section("How it was made", lines, f"```json\n{settings}\n```\n")


def _licence(card: ModelCard) -> str:
    made_here = card.config or not card.source
    what = "made this model and runs it" if made_here else "runs this model"
    lines = [f"The code that {what} is under the MIT licence."]
    if _is_fer2013(card):
        lines.append(
            "FER2013 was gathered from the web for a research competition; its pictures belong to "
            "others and are not part of this folder. Whether that restricts the use of weights "
            "trained on them is not settled: whoever uses them beyond research should find out."
        )
    else:
        lines.append("The terms of the data it was trained on may restrict the use of its weights.")
    return _section("Licence", lines)


def _references(card: ModelCard) -> str:
    """List the works that the other sections cite, and no others."""
    cited = "\n".join(
        section(card) for section in (_data, _figures, _calibration, _certainty, _not_for, _limits)
    )
    entries = [f"- {work}" for key, work in _WORKS.items() if key in " ".join(cited.split())]
    return "## References\n\n" + "\n".join(entries) + "\n"


#: What the sections may cite, by the words they cite it with.
_WORKS: Final = {
    "Barrett et al. 2019": "Barrett, Adolphs, Marsella, Martinez, Pollak 2019: Emotional "
    "Expressions Reconsidered. Psychological Science in the Public Interest 20(1).",
    "Barsoum et al. 2016": "Barsoum, Zhang, Canton Ferrer, Zhang 2016: Training Deep Networks for "
    "Facial Expression Recognition with Crowd-Sourced Label Distribution. ICMI.",
    "Dominguez-Catena et al. 2022": "Dominguez-Catena, Paternain, Galar 2022: Assessing "
    "Demographic Bias Transfer from Dataset to Model: A Case Study in Facial Expression "
    "Recognition. AISafety.",
    "Geifman and El-Yaniv 2017": "Geifman, El-Yaniv 2017: Selective Classification for Deep Neural "
    "Networks. NeurIPS.",
    "Goodfellow et al. 2013": "Goodfellow et al. 2013: Challenges in Representation Learning: A "
    "Report on Three Machine Learning Contests. ICONIP.",
    "Guo et al. 2017": "Guo, Pleiss, Sun, Weinberger 2017: On Calibration of Modern Neural "
    "Networks. ICML.",
    "Hinton et al. 2015": "Hinton, Vinyals, Dean 2015: Distilling the Knowledge in a Neural "
    "Network. arXiv 1503.02531.",
    "Regulation (EU) 2024/1689": "Regulation (EU) 2024/1689 (Artificial Intelligence Act).",
    "Rhue 2018": "Rhue 2018: Racial Influence on Automated Perceptions of Emotions. SSRN 3281765.",
    "Wilson (1927)": "Wilson 1927: Probable Inference, the Law of Succession, and Statistical "
    "Inference. Journal of the American Statistical Association 22.",
    "Xu et al. 2020": "Xu, White, Kalkan, Gunes 2020: Investigating Bias and Fairness in Facial "
    "Expression Recognition. ECCV Workshops.",
}


def _is_fer2013(card: ModelCard) -> bool:
    return card.data.get("training_fingerprint") == FER2013_TRAINING


def _section(title: str, sentences: Iterable[str], rest: str = "") -> str:
    """Return a section: its title, its sentences as one wrapped paragraph, and what follows.

    A section with nothing in it is left out.
    """
    text = _wrapped(" ".join(sentences))
    if not text:
        return ""
    return "\n\n".join(part for part in (f"## {title}", text, rest.rstrip("\n")) if part) + "\n"


def _count(number: int, noun: str) -> str:
    return f"one other {noun}" if number == 1 else f"{number} other {noun}s"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: first column to the left, figures to the right."""
    alignment = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, alignment, *rows))


def _estimate(figures: dict[str, Any], key: str, intervals: dict[str, list[float]]) -> str:
    """Return a figure with its interval where there is one: F1 as it is, shares in per cent."""
    scale, digits, unit = (1, 3, "") if "f1" in key else (100, 1, " %")
    text = f"{scale * figures[key]:.{digits}f}{unit}"
    if key not in intervals:
        return text
    low, high = (f"{scale * bound:.{digits}f}" for bound in intervals[key])
    return f"{text} ({low} to {high})"
