#!/usr/bin/python3
"""Writes tests/model/learner_fixture.inc: what scikit-learn makes of the rows of learner_rows.hpp.

What learns row by row there is given one pass in the same order, at the rate of ours; what does not is given all rows
at once. What starts from random numbers is given twice: from those of ours, which says whether both learn alike, and as
the mean over a few draws of its own, which says what a start is worth. Run by hand (Debian's python3-sklearn, 1.2; a
minute) when the rows or a rate change: tests/model/make_learner_fixture.py
"""
import math
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

from parity_rows import cut, digits, noise, splitmix64

warnings.filterwarnings("ignore")
LEARNED, HELD_OUT = 4000, 1000
WEIGHTS = [3, -2, 1, 0, 0, 2, -1, 1]


def rows():
    random = splitmix64(20261127)
    x, targets, sides, fars = [], [], [], []
    for _ in range(LEARNED + HELD_OUT):
        steps = [cut(noise(random), 16) for _ in WEIGHTS]
        line = sum(weight * step for weight, step in zip(WEIGHTS, steps))
        target = cut(line, 8) + cut(noise(random), 64)
        x.append([step / 4096 for step in steps])
        targets.append(target / 4096)
        sides.append(int(target > 0))
        fars.append(int(steps[0] * steps[0] + steps[1] * steps[1] > 23_253_000))
    return numpy.array(x), numpy.array(targets), numpy.array(sides), numpy.array(fars)


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


def line(name, learner):
    values = ", ".join(f"{value:.6g}" for value in [*numpy.ravel(learner.intercept_), *numpy.ravel(learner.coef_)])
    lines.append(f"constexpr std::array {name}{{{values}}};  // at 0, then by each input\n")


def squared_error(learner):
    return numpy.mean((learner.predict(x[held]) - target[held]) ** 2)


def descent(learner, **options):
    return learner(learning_rate="constant", random_state=1, **options)


least_squares = LinearRegression().fit(x[learn], target[learn])
number("least_squares_mse", squared_error(least_squares))
line("least_squares_line", least_squares)
sgd = one_pass(descent(SGDRegressor, penalty=None, eta0=0.01), x[learn], target[learn])
number("sgd_mse", squared_error(sgd))
line("sgd_line", sgd)
line("sgd_ridge_line", one_pass(descent(SGDRegressor, alpha=1e-3, eta0=0.01), x[learn], target[learn]))
number("ridge_mse", squared_error(Ridge(alpha=1.0).fit(x[learn], target[learn])))

both = [0, 1]
logistic = one_pass(descent(SGDClassifier, loss="log_loss", penalty=None, eta0=0.01), x[learn], side[learn], both)
number("logistic_right", logistic.score(x[held], side[held]))
lines.append(digits("logistic_labels", logistic.predict(x[held])))
hinge = one_pass(descent(SGDClassifier, loss="hinge", alpha=1e-4, eta0=0.01), x[learn], side[learn], both)
number("hinge_right", hinge.score(x[held], side[held]))
lines.append(digits("hinge_labels", hinge.predict(x[held])))

lines.append(digits("bayes_labels", GaussianNB().fit(x[learn], far[learn]).predict(x[held])))
lines.append(digits("discriminant_labels", LinearDiscriminantAnalysis().fit(x[learn], side[learn]).predict(x[held])))
window = slice(LEARNED - 1000, LEARNED)
lines.append(digits("neighbour_labels", KNeighborsClassifier(10).fit(x[window], far[window]).predict(x[held])))

DRAWS = (1, 2, 3)
WAVES, GAMMA = 128, 0.25


def our_waves(sampler):
    """The projection of model/random_fourier_features.hpp."""
    random = splitmix64(0x5265647368616E6B)
    for wave in range(WAVES):
        for i in range(len(WEIGHTS)):
            sampler.random_weights_[i, wave] = noise(random) / 65536 * math.sqrt(2 * GAMMA)
        sampler.random_offset_[wave] = (next(random) >> 40) / (1 << 24) * 2 * math.pi
    return sampler


def kernel_of(sampler):
    waves = sampler.transform(x) * math.sqrt(WAVES / 2)  # cosines of full height, as ours
    learner = descent(SGDClassifier, loss="hinge", alpha=1e-4, eta0=0.003)
    return one_pass(learner, waves[learn], far[learn], both).predict(waves[held])


def sampler_of(draw):
    return RBFSampler(gamma=GAMMA, n_components=WAVES, random_state=draw).fit(x[learn])


lines.append(digits("kernel_labels", kernel_of(our_waves(sampler_of(1)))))
number("kernel_right", numpy.mean([numpy.mean(kernel_of(sampler_of(draw)) == far[held]) for draw in DRAWS]))

UNITS = 16


def our_start(network):
    """The first weights of model/network.hpp, in the place of its own: the steps hold on to these arrays."""
    random = splitmix64(0x6D6C702D312D3136)
    first, last = network.coefs_
    for weights, width in [*((row, len(first)) for row in first), (last[:, 0], UNITS)]:
        weights[:] = [(2 * (next(random) >> 40) / (1 << 24) - 1) / math.sqrt(width) for _ in weights]
    for bias in network.intercepts_:
        bias[...] = 0
    return network


def perceptron(learner, rate, draw):
    return learner((UNITS,), activation="tanh", solver="sgd", momentum=0, alpha=0, learning_rate_init=rate,
                   random_state=draw)


started = perceptron(MLPClassifier, 0.03, 1).partial_fit(x[:1], far[:1], both)
lines.append(digits("perceptron_labels", one_pass(our_start(started), x[learn], far[learn], both).predict(x[held])))
number("perceptron_right", numpy.mean([
    one_pass(perceptron(MLPClassifier, 0.03, draw), x[learn], far[learn], both).score(x[held], far[held])
    for draw in DRAWS]))
started = perceptron(MLPRegressor, 0.01, 1).partial_fit(x[:1], target[:1])
number("perceptron_same_start_mse", squared_error(one_pass(our_start(started), x[learn], target[learn])))
number("perceptron_mse", numpy.mean([
    squared_error(one_pass(perceptron(MLPRegressor, 0.01, draw), x[learn], target[learn])) for draw in DRAWS]))

pathlib.Path(__file__).with_name("learner_fixture.inc").write_text("".join(lines))
