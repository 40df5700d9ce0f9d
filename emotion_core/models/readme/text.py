"""A model's card in words: its README (Mitchell et al. 2019, "Model Cards").

The README is written from ``card.json`` alone. What a card does not state, its README does not
claim: sections without figures are left out, and FER2013 is spoken of only where the card proves
that the network was trained on it.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Final

from emotion_core.models.folder import CARD_FILE, LITERT_FILE, SEEN_FILE, ModelCard
from emotion_core.models.readme.figures_text import FIGURE_SECTIONS
from emotion_core.models.readme.markdown import section, wrapped
from emotion_core.models.readme.summary import count_in_words, named_expressions, summary_of
from emotion_core.models.readme.works import WORKS
from emotion_core.quantities import byte_size, moment

#: Fingerprint of FER2013's official Training split (28,709 images), in any of its CSV forms.
FER2013_TRAINING: Final = "ce2991bafde5053506e9cd9b9ed25a945cb051a8537f9b04f849f532a259af50"


def readme_text(card: ModelCard) -> str:
    """Return the card in words, as Markdown."""
    sections = (
        _introduction,
        _in_short,
        _use,
        _data,
        *FIGURE_SECTIONS,
        _not_for,
        _limits,
        _making,
        _licence,
        _references,
    )
    return "\n".join(words for text in sections if (words := text(card)))


def _introduction(card: ModelCard) -> str:
    size = card.sizes.get(LITERT_FILE)
    megabytes = f", {byte_size(size)} as `{LITERT_FILE}`" if size else ""
    named = named_expressions(card)
    number = count_in_words(len(named))
    what = wrapped(
        f"A convolutional neural network ({card.architecture}, {card.parameters:,} weights"
        f"{megabytes}) that takes a grey image of a face, 48x48 pixels, and gives each of "
        f"{number} expressions a score: {', '.join(named)}. It names what a face *shows*, as the "
        "labels in its data would. It cannot tell what somebody feels, thinks or intends."
    )
    return f"""\
# {card.name}

{what}

This page is generated from `{CARD_FILE}` by `python -m emotion_core card`; do not edit it.
"""


def _in_short(card: ModelCard) -> str:
    lines = [f"- **{what}**: {text}" for what, text in summary_of(card).items()]
    return "## In short\n\n" + "\n".join(lines) + "\n"


def _use(card: ModelCard) -> str:
    return f"""\
## Use

```python
from pathlib import Path
from emotion_core import EmotionDetector
faces = EmotionDetector.load(Path("models/{card.name}")).detect(image)
```

`image` is a uint8 BGR image, as returned by `cv2.imread`. Each face has a `box`, seven calibrated
`scores` and an `answer`. `detect(image, careful=True)` reads each face and its mirror image and
averages the two. For faces that are already cropped, uint8 `[N, 48, 48]`, use
`emotion_core.EmotionClassifier.load(...).predict_scores(faces)`.

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
        left_out, relabelled = excluded["images"], excluded.get("relabelled", 0)
        changes = [f"left out {left_out:,}"] if left_out or not relabelled else []
        changes += [f"gave another label to {relabelled:,}"] if relabelled else []
        lines.append(
            f"The correction list {excluded['name']} (`{excluded['checksum']}`) "
            f"{' and '.join(changes)} of the dataset's images."
        )
    if teachers := data.get("teachers"):
        lines.append(
            f"Besides the labels, it learned from the scores of {_count(len(teachers), 'network')} "
            "(knowledge distillation, Hinton et al. 2015)."
        )
    if initial := data.get("initial"):
        earlier = "an earlier " if initial["name"] == card.name else ""
        lines.append(
            f"It started from the weights of {earlier}{initial['name']} "
            f"(`{initial['checksum']}`), so it has learned from that model's data too."
        )
    if selected_on:
        chosen = f"The best epoch ({card.best_epoch})"
        if seeds := data.get("seeds"):
            chosen = f"The best of {seeds} networks, trained alike from different seeds,"
        lines.append(
            f"{chosen} was selected on {data['selection_images']:,} "
            f"images: {selected_on}. Temperature and certainty threshold were fitted on these "
            "images, and all figures below were measured on them; they are not a test score."
        )
    if measured_on := data.get("measured_on"):
        lines.append(
            f"What it learned from is not known. Temperature and certainty threshold were fitted "
            f"here ({data['measured_at'][:10]}) on {data['measured_images']:,} images: "
            f"{measured_on}. All figures below were measured on these images; if it learned from "
            "some of them, the figures flatter it."
        )
    if SEEN_FILE in card.files:
        lines.append(
            f"`{SEEN_FILE}` holds a hash of each of these images (8 bytes of SHA-256), so that "
            "copies, parts and joined datasets are recognised. No image can be recovered from it, "
            "but whoever has an image can tell whether it is among them."
        )
    if leaks := _leaks(card):
        lines.append(leaks)
    if selected_on and selected_on.endswith(" PublicTest"):
        lines.append("The PrivateTest split took no part in training or selection.")
    if _is_fer2013(card):
        lines.append(
            "The training images are the complete official Training split of "
            "FER2013 (Goodfellow et al. 2013): faces from a web search, "
            "cropped by a face detector, each labelled with one of seven expressions. FER2013 was "
            "published with some images in more than one split, so some of PrivateTest's images "
            "are among them too."
        )
    return section("Data and protocol", lines)


def _leaks(card: ModelCard) -> str:
    clean, data = card.metrics.get("clean"), card.data
    if not clean:
        return ""
    leaked, total = card.metrics["n"] - clean["n"], card.metrics["n"]
    if not leaked:
        return "None of them also appears, byte for byte, among the training images."
    training = data.get("training_images_also_selecting")
    copies = f" (there in {training:,} copies)" if training else ""
    return (
        f"Of these {total:,} images, {leaked:,} also appear, byte for byte, among the training "
        f"images{copies}; the accuracy is given with and without them."
    )


def _not_for(_card: ModelCard) -> str:
    return """\
## Not for

- decisions about people: hiring, promotion, credit, insurance, admission, grades, benefits;
- policing, border control, surveillance, lie detection, inferring intentions;
- diagnosis or therapy of any condition, including pain, attention and tiredness;
- inferring emotions at work or in education: the EU prohibits this except for medical or safety
  reasons, for which this model is not made either (Regulation (EU) 2024/1689, Article 5(1)(f));
- advertising or pricing based on a person's face, and reading faces of people who do not know it.

People express the same emotion in different ways, and different emotions in the same way (Barrett
et al. 2019): even a right answer is about a face, not about a feeling.
"""


def _limits(card: ModelCard) -> str:
    lines = [
        "Models that read expressions have been found to work better for some groups of people "
        "than for others, by race, gender and age (Rhue 2018, Xu et al. 2020, Dominguez-Catena et "
        "al. 2022). How far this one does is not known: nothing here was measured by group."
    ]
    if _is_fer2013(card):
        lines.append(
            "FER2013 has no group labels, so it cannot be measured there. Its expression labels "
            "are disputed: when ten people voted on each image again "
            "(FER+, Barsoum et al. 2016), one label in six got none of their "
            "votes, and the majority agrees with 63% of the labels of Training and PublicTest. A "
            "person reaches about 65% (Goodfellow et al. 2013). So part of any accuracy above that "
            "is agreement with the quirks of these labels, not a better reading of faces."
        )
    return section("Known limits", lines)


def _making(card: ModelCard) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    lines = [f"Trained with this project's code, finished on {_utc(card.created)}."]
    if card.source:
        lines = [
            f"Imported on {_utc(card.source['imported'])} from {card.source['file']} (SHA-256 "
            f"`{card.source['sha256']}`)."
        ]
    if card.source and not card.config:
        lines.append("How it was trained is not known here.")
        if not card.measured_on:
            lines.append("Nothing about it has been measured.")
    if versions:
        lines.append(f"Versions: {versions}.")
    if fingerprint := card.data.get("fingerprint"):
        lines.append(f"Fingerprint of the data: `{fingerprint}`.")
    if not card.config:
        return section("How it was made", lines)
    lines.append("Settings:")
    settings = json.dumps(card.config, indent=1)
    return section("How it was made", lines, f"```json\n{settings}\n```\n")


def _utc(time: str) -> str:
    return f"{moment(time, UTC)} UTC"


def _licence(card: ModelCard) -> str:
    made_here = card.config or not card.source
    what = "made this model and runs it" if made_here else "runs this model"
    lines = [f"The code that {what} is under the MIT licence."]
    if _is_fer2013(card):
        lines.append(
            "FER2013 was gathered from the web for a research competition; its images belong to "
            "others and are not part of this folder. Whether that restricts the use of weights "
            "trained on them is not settled: check before using them beyond research."
        )
    else:
        lines.append("The terms of the data it was trained on may restrict the use of its weights.")
    return section("Licence", lines)


def _references(card: ModelCard) -> str:
    """List the works that the other sections cite, and no others."""
    sections = (_data, *FIGURE_SECTIONS, _not_for, _limits)
    cited = "\n".join(text(card) for text in sections)
    entries = [f"- {work}" for key, work in WORKS.items() if key in " ".join(cited.split())]
    return "## References\n\n" + "\n".join(entries) + "\n"


def _is_fer2013(card: ModelCard) -> bool:
    return card.data.get("training_fingerprint") == FER2013_TRAINING


def _count(number: int, noun: str) -> str:
    return f"one other {noun}" if number == 1 else f"{number} other {noun}s"
