from emotion_core.judging.explanation import STEPS, explain
from emotion_core.judging.figures.explanation import faithfulness_figure


def test_faithfulness_is_drawn_beside_chance(demo):
    class Bright:
        def predict_logits(self, crops):
            import numpy as np

            logits = np.zeros((len(crops), 7), np.float32)
            logits[:, 3] = crops.mean(axis=(1, 2)) / 30
            return logits

    figure = faithfulness_figure(explain(Bright(), demo.images[0]))
    assert len(figure.data) == 4
    assert len(figure.data[0].x) == STEPS + 1
