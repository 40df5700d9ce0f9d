"""What a model's README cites, and where the datasets it speaks of are found."""

from __future__ import annotations

from typing import Final

#: FER2013 (Goodfellow et al. 2013): the competition that published it.
FER2013_ADDRESS: Final = "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge"

#: FER+ (Barsoum et al. 2016): the votes of ten people on each image of FER2013.
FERPLUS_ADDRESS: Final = "https://github.com/microsoft/FERPlus"

#: What the sections may cite, by the words they cite it with.
WORKS: Final = {
    "Barrett et al. 2019": "Barrett, Adolphs, Marsella, Martinez, Pollak 2019: Emotional "
    "Expressions Reconsidered. Psychological Science in the Public Interest 20(1).",
    "Barsoum et al. 2016": "Barsoum, Zhang, Canton Ferrer, Zhang 2016: Training Deep Networks for "
    f"Facial Expression Recognition with Crowd-Sourced Label Distribution. ICMI. "
    f"<{FERPLUS_ADDRESS}>",
    "Dominguez-Catena et al. 2022": "Dominguez-Catena, Paternain, Galar 2022: Assessing "
    "Demographic Bias Transfer from Dataset to Model: A Case Study in Facial Expression "
    "Recognition. AISafety.",
    "Geifman and El-Yaniv 2017": "Geifman, El-Yaniv 2017: Selective Classification for Deep Neural "
    "Networks. NeurIPS.",
    "Goodfellow et al. 2013": "Goodfellow et al. 2013: Challenges in Representation Learning: A "
    f"Report on Three Machine Learning Contests. ICONIP. <{FER2013_ADDRESS}>",
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
