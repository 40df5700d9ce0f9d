from emotion_core.training.runs.figures.log import training_figure


def test_training_curves_mark_the_best_epoch():
    epochs = [
        {
            "epoch": number,
            "train_accuracy": 0.4,
            "validation_accuracy": accuracy,
            "validation_macro_f1": 0.3,
        }
        for number, accuracy in ((1, 0.5), (2, 0.7), (3, 0.6))
    ]
    figure = training_figure(epochs, "three epochs")
    *lines, best = figure.data
    assert [tuple(line.x) for line in lines] == [(1, 2, 3)] * 3
    assert tuple(lines[1].y) == (0.5, 0.7, 0.6)
    assert (best.x, best.y, best.name) == ((2,), (0.7,), "best: epoch 2")
