"""A model's card in words: its README (Mitchell et al. 2019, "Model Cards").

The README is written from ``card.json`` alone. What a card does not state, its README does not
claim: sections without figures are left out, and FER2013 is spoken of only where the card proves
that the network was trained on it.
"""

from __future__ import annotations

import json
from typing import Final

from emotion_core.models.folder import CARD_FILE, LITERT_FILE, SEEN_FILE, ModelCard
from emotion_core.models.readme.figures_text import FIGURE_SECTIONS
from emotion_core.models.readme.markdown import section, wrapped
from emotion_core.quantities import byte_size

#: Fingerprint of FER2013's official Training split (28,709 images), in any of its CSV forms.
FER2013_TRAINING: Final = "ce2991bafde5053506e9cd9b9ed25a945cb051a8537f9b04f849f532a259af50"


def readme_text(card: ModelCard) -> str:
    """Return the card in words, as Markdown."""
    sections = (
        _introduction,
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
    missing = card.interface.missing if card.interface else ()
    named = [label for label in card.labels if label not in missing]
    number = {7: "seven"}.get(len(named), str(len(named)))
    what = wrapped(
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
        earlier = "an earlier " if initial["name"] == card.name else ""
        lines.append(
            f"It began with the weights of {earlier}{initial['name']} (`{initial['checksum']}`), "
            "whose own data it therefore knows too."
        )
    if selected_on:
        chosen = f"The best epoch ({card.best_epoch})"
        if seeds := data.get("seeds"):
            chosen = f"The best of {seeds} networks, trained alike from other seeds,"
        lines.append(
            f"{chosen} was selected on {data['selection_images']:,} "
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
    if SEEN_FILE in card.files:
        lines.append(
            f"`{SEEN_FILE}` has a hash of each of these images (8 bytes of SHA-256), by which "
            "copies, parts and joined datasets are recognised. No image can be got back from it; "
            "whoever has an image can tell whether it is among them."
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
    return section("Data and protocol", lines)


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
            "one label in six got none of their votes, and the majority agrees with 63% of the "
            "labels of Training and PublicTest. A person reaches about 65% (Goodfellow et al. "
            "2013). So part of any accuracy above that is agreement with the quirks of these "
            "labels, not a better reading of faces."
        )
    return section("Known limits", lines)


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
        return section("How it was made", lines)
    lines.append("Settings:")
    settings = json.dumps(card.config, indent=1)
    return section("How it was made", lines, f"```json\n{settings}\n```\n")


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
    return section("Licence", lines)


def _references(card: ModelCard) -> str:
    """List the works that the other sections cite, and no others."""
    sections = (_data, *FIGURE_SECTIONS, _not_for, _limits)
    cited = "\n".join(text(card) for text in sections)
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


def _count(number: int, noun: str) -> str:
    return f"one other {noun}" if number == 1 else f"{number} other {noun}s"
