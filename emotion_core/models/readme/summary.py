"""A model's card in short: what it is, how accurate, what it is for and what not, its limits."""

from __future__ import annotations

from emotion_core.models.folder import MIRRORED, ModelCard


def summary_of(card: ModelCard) -> dict[str, str]:
    """Return what to know before using a model: a heading, and a sentence or two, for each.

    What qualifies a figure stands beside it: its interval, the images, and whether they chose the
    model.
    """
    return {
        "What it is": _what(card),
        "Accuracy": _accuracy(card),
        "Use it for": "learning and teaching computer vision, research, and trying it out on "
        "people who have agreed.",
        "Do not use it for": "decisions about people, surveillance, lie detection, diagnosis, or "
        "inferring emotions at work or in education, which the EU prohibits.",
        "Limits": _limits(card),
    }


def named_expressions(card: ModelCard) -> list[str]:
    """Return the expressions that a model can name; an imported one may lack some."""
    missing = card.interface.missing if card.interface else ()
    return [label for label in card.labels if label not in missing]


def count_in_words(count: int) -> str:
    """Return a number of expressions as sentences write it."""
    return {7: "seven"}.get(count, str(count))


def _what(card: ModelCard) -> str:
    named = named_expressions(card)
    return (
        f"a neural network that says which of {count_in_words(len(named))} expressions a face "
        f"shows: {', '.join(named)}. It cannot tell what somebody feels."
    )


def _accuracy(card: ModelCard) -> str:
    metrics, data = card.metrics, card.measured_on
    if "accuracy" not in metrics or not data:
        return "unknown; Evaluate measures it on a dataset of your choice."
    low, high = (100 * bound for bound in metrics["interval_95"]["accuracy"])
    text = (
        f"right on {100 * metrics['accuracy']:.1f}% of {metrics['n']:,} images (95% interval "
        f"{low:.1f} to {high:.1f}), {data}."
    )
    if card.data.get("selected_on"):
        text += " The model was chosen on these images, so it may do worse on new ones."
    elif card.data.get("measured_on"):
        text += " What it learned from is unknown; if from some of these images, this flatters it."
    clean = metrics.get("clean")
    if clean and 0 < clean["n"] < metrics["n"]:
        text += (
            f" On the {clean['n']:,} images that are not also in its training data: "
            f"{100 * clean['accuracy']:.1f}%."
        )
    if "accuracy" in (both := metrics.get(MIRRORED, {})):
        text += f" With mirror images averaged: {100 * both['accuracy']:.1f}% of all."
    selective = metrics.get("selective")
    if card.certainty_threshold and selective:
        text += (
            f" It answers “uncertain” on {100 * (1 - selective['coverage']):.1f}%; of its other "
            f"answers {100 * selective['accuracy_answered']:.1f}% are right."
        )
    return text


def _limits(card: ModelCard) -> str:
    text = "differences between groups of people were not measured."
    per_class = card.metrics.get("per_class") or {}
    found = {
        name: figures["recall"]
        for name, figures in per_class.items()
        if figures["support"] and figures.get("recall") is not None
    }
    if len(found) > 1:
        worst = min(found, key=lambda name: found[name])
        low, high = (100 * bound for bound in per_class[worst]["interval_95"]["recall"])
        text = (
            f"weakest on {worst}: it recognises {100 * found[worst]:.1f}% of these faces (95% "
            f"interval {low:.1f} to {high:.1f}). D{text[1:]}"
        )
    return text
