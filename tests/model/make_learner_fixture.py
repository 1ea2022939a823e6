#!/usr/bin/python3
"""Writes tests/model/learner_fixture.inc: what scikit-learn makes of the rows of learner_rows.hpp.

What learns row by row there is given one pass in the same order; what does not is given all rows at once. Run by hand
(Debian's python3-sklearn, 1.2) when the rows change: tests/model/make_learner_fixture.py
"""
import pathlib
import warnings

import numpy
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LinearRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
MASK = (1 << 64) - 1
LEARNED, HELD_OUT = 4000, 1000
WEIGHTS = [3, -2, 1, 0, 0, 2, -1, 1]
state = 20261127


def noise():
    global state
    total = -(6 << 16)
    for _ in range(12):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        total += (z ^ (z >> 31)) >> 48
    return total


def cut(value, divisor):
    """Divides towards zero, as C++ does."""
    return abs(value) // divisor * (1 if value >= 0 else -1)


def rows():
    x, targets, sides, fars = [], [], [], []
    for _ in range(LEARNED + HELD_OUT):
        steps = [cut(noise(), 16) for _ in WEIGHTS]
        line = sum(weight * step for weight, step in zip(WEIGHTS, steps))
        target = cut(line, 8) + cut(noise(), 64)
        x.append([step / 4096 for step in steps])
        targets.append(target / 4096)
        sides.append(int(target > 0))
        fars.append(int(steps[0] * steps[0] + steps[1] * steps[1] > 23_253_000))
    return numpy.array(x), numpy.array(targets), numpy.array(sides), numpy.array(fars)


def digits(name, labels):
    text = "".join(str(label) for label in labels)
    lines = "\n".join(f'    "{text[i:i + 100]}"' for i in range(0, len(text), 100))
    return f"constexpr std::string_view {name} =\n{lines};\n"


def one_pass(learner, x, y, classes=None):
    for row, value in zip(x, y):
        if classes is None:
            learner.partial_fit([row], [value])
        else:
            learner.partial_fit([row], [value], classes=classes)
    return learner


x, target, side, far = rows()
learn, held = slice(0, LEARNED), slice(LEARNED, LEARNED + HELD_OUT)
lines = [f"// Made by make_learner_fixture.py with scikit-learn {sklearn.__version__}.\n"]


def number(name, value):
    lines.append(f"constexpr double {name} = {value:.6g};\n")


def squared_error(learner):
    return numpy.mean((learner.predict(x[held]) - target[held]) ** 2)


number("least_squares_mse", squared_error(LinearRegression().fit(x[learn], target[learn])))
number("sgd_mse", squared_error(one_pass(SGDRegressor(penalty=None, learning_rate="constant", eta0=0.01), x[learn],
                                         target[learn])))
number("ridge_mse", squared_error(Ridge(alpha=1.0).fit(x[learn], target[learn])))
number("perceptron_regressor_mse",
       squared_error(one_pass(MLPRegressor((16,), activation="tanh", random_state=1), x[learn], target[learn])))

both = [0, 1]
logistic = SGDClassifier(loss="log_loss", penalty=None, learning_rate="constant", eta0=0.01, random_state=1)
number("logistic_right", one_pass(logistic, x[learn], side[learn], both).score(x[held], side[held]))
hinge = SGDClassifier(loss="hinge", penalty=None, learning_rate="constant", eta0=0.01, random_state=1)
number("hinge_right", one_pass(hinge, x[learn], side[learn], both).score(x[held], side[held]))

lines.append(digits("bayes_labels", GaussianNB().fit(x[learn], far[learn]).predict(x[held])))
lines.append(digits("discriminant_labels", LinearDiscriminantAnalysis().fit(x[learn], side[learn]).predict(x[held])))
window = slice(LEARNED - 1000, LEARNED)
lines.append(digits("neighbour_labels", KNeighborsClassifier(10).fit(x[window], far[window]).predict(x[held])))

sampler = RBFSampler(gamma=0.25, n_components=64, random_state=1).fit(x[learn])
kernel = SGDClassifier(loss="hinge", penalty=None, learning_rate="constant", eta0=0.05, random_state=1)
one_pass(kernel, sampler.transform(x[learn]), far[learn], both)
number("kernel_right", kernel.score(sampler.transform(x[held]), far[held]))
perceptron = MLPClassifier((16,), activation="tanh", random_state=1)
number("perceptron_right", one_pass(perceptron, x[learn], far[learn], both).score(x[held], far[held]))

pathlib.Path(__file__).with_name("learner_fixture.inc").write_text("".join(lines))
