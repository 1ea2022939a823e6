// What each model costs and reaches on the streams of tests/model/generated_streams.hpp, single thread, data in memory,
// inputs as they are: one event is one prediction or score, then one event learned.
//   model_bench_costs [--rows N] [--events N] [--only NAME]
//     --rows    of each stream; --events: of these, how many are worked on (instruction counts are differences of two)
//     --only    one model, NAME as in a line's beginning
//     --list    the names
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/forecaster.hpp"
#include "model/k_means.hpp"
#include "model/learners.hpp"
#include "model/model.hpp"
#include "model/pca.hpp"
#include "tests/model/generated_streams.hpp"

namespace redshank {
namespace {

using Clock = std::chrono::steady_clock;
using Rows = std::span<const streams::Row>;

// One model on one stream.
struct Subject {
    std::string name;  // "forest.RBF"
    bool radial = false;
    std::function<void(Rows rows, std::string& figures)> run;  // figures: " name=value" for each
};

void add_figure(std::string& figures, const char* name, double value) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), " %s=%.6f", name, value);
    figures += text.data();
}

void add_bytes(std::string& figures, std::size_t bytes) {
    figures += " bytes=" + std::to_string(bytes);
}

Subject regressor(std::string_view name) {
    return {std::string(name) + ".HYP", false, [name](Rows rows, std::string& figures) {
                const std::unique_ptr<Regressor> learner = make_regressor(name, streams::inputs);
                double squares = 0;
                for (const streams::Row& row : rows) {
                    const Features features{row.x};
                    const double error =
                        static_cast<double>(learner->predict(features)) - static_cast<double>(row.target);
                    squares += error * error;
                    learner->learn(features, row.target);
                }
                add_figure(figures, "mse", squares / static_cast<double>(rows.size()));
                add_bytes(figures, learner->bytes());
            }};
}

Subject classifier(std::string_view name, bool radial) {
    return {std::string(name) + (radial ? ".RBF" : ".HYP"), radial, [name](Rows rows, std::string& figures) {
                const std::unique_ptr<Classifier> learner = make_classifier(name, streams::inputs, 2);
                std::size_t right = 0;
                std::size_t events = 0;
                const auto accuracy = [&] { return static_cast<double>(right) / static_cast<double>(events); };
                for (const streams::Row& row : rows) {
                    const Features features{row.x};
                    right += learner->classify(features) == row.label ? 1U : 0U;
                    learner->learn(features, row.label);
                    ++events;
                    if (events == 30'000) add_figure(figures, "accuracy30k", accuracy());
                    if (events == 100'000) add_figure(figures, "accuracy100k", accuracy());
                    if (events == 200'000) add_figure(figures, "accuracy200k", accuracy());
                }
                add_figure(figures, "accuracy", accuracy());
                add_bytes(figures, learner->bytes());
            }};
}

// On the first `members` inputs, as distances from their middle and in deviations of a uniform.
Subject detector(std::string_view name, std::size_t members) {
    return {std::string(name) + "." + std::to_string(members), false, [name, members](Rows rows, std::string& figures) {
                const std::unique_ptr<Model> model = make_model(name, members, 200);
                std::array<float, streams::inputs> values{};
                std::array<float, streams::inputs> standardised{};
                std::size_t high = 0;
                std::int16_t half_hour = 0;
                for (const streams::Row& row : rows) {
                    for (std::size_t i = 0; i < members; ++i) {
                        values[i] = row.x[i] - 0.5F;
                        standardised[i] = 3.4641016F * values[i];
                    }
                    const Observation observation{.values = std::span(values).first(members),
                                                  .standardised = std::span(standardised).first(members),
                                                  .half_hour = half_hour};
                    half_hour = static_cast<std::int16_t>((half_hour + 1) % 48);
                    high += model->score(observation).score >= 0.8F ? 1U : 0U;
                    model->learn(observation);
                }
                add_figure(figures, "high", static_cast<double>(high) / static_cast<double>(rows.size()));
                add_bytes(figures, model->bytes());
            }};
}

Subject k_means() {
    return {"k-means:3.RBF", true, [](Rows rows, std::string& figures) {
                KMeans<8, 3> clusters(streams::inputs);
                double inertia = 0;
                for (const streams::Row& row : rows) {
                    inertia += static_cast<double>(clusters.distance(row.x));
                    clusters.learn(row.x);
                }
                add_figure(figures, "inertia", inertia / static_cast<double>(rows.size()));
                add_bytes(figures, sizeof clusters);
            }};
}

Subject components() {
    return {"pca:2.RBF", true, [](Rows rows, std::string& figures) {
                Pca pca(streams::inputs);
                double explained = 0;
                double total = 0;
                for (const streams::Row& row : rows) {
                    for (std::size_t i = 0; i < streams::inputs; ++i) {
                        const auto difference =
                            static_cast<double>(row.x[i] - pca.mean()[static_cast<Eigen::Index>(i)]);
                        total += difference * difference;
                    }
                    for (Eigen::Index column = 0; column < 2; ++column) {
                        double along = 0;
                        for (std::size_t i = 0; i < streams::inputs; ++i) {
                            const auto at = static_cast<Eigen::Index>(i);
                            along += static_cast<double>(pca.components()(at, column) * (row.x[i] - pca.mean()[at]));
                        }
                        explained += along * along;
                    }
                    pca.learn(row.x);
                }
                add_figure(figures, "explained", explained / total);
                add_bytes(figures, sizeof pca);
            }};
}

Subject forecaster() {
    return {"forecast.8", false, [](Rows rows, std::string& figures) {
                Forecaster<8> forecaster(streams::inputs);
                std::array<float, streams::inputs> next{};
                std::int16_t hour = 0;
                double squares = 0;
                for (const streams::Row& row : rows) {
                    forecaster.predict(hour, next);
                    for (std::size_t i = 0; i < streams::inputs; ++i) {
                        const auto error = static_cast<double>(next[i] - row.x[i]);
                        squares += error * error;
                    }
                    forecaster.learn(hour, row.x);
                    hour = static_cast<std::int16_t>((hour + 1) % 168);
                }
                add_figure(figures, "mse", squares / static_cast<double>(8 * rows.size()));
                add_bytes(figures, forecaster.bytes());
            }};
}

std::vector<Subject> subjects() {
    std::vector<Subject> all;
    for (const std::string_view name : regressor_names) all.push_back(regressor(name));
    for (const std::string_view name : classifier_names) {
        all.push_back(classifier(name, false));
        all.push_back(classifier(name, true));
    }
    all.push_back(forecaster());
    all.push_back(k_means());
    all.push_back(components());
    all.push_back(detector("auto", 1));
    for (const ModelKind& kind : model_kinds()) all.push_back(detector(kind.name, 8));
    return all;
}

void measure(const Subject& subject, Rows rows) {
    std::string figures;
    const auto begin = Clock::now();
    subject.run(rows, figures);
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    std::printf("%s.ns=%.1f", subject.name.c_str(), ns / static_cast<double>(rows.size()));
    for (std::size_t at = 0; at < figures.size();) {  // each with the name before it
        const std::size_t end = std::min(figures.find(' ', at + 1), figures.size());
        std::printf(" %s.%s", subject.name.c_str(), figures.substr(at + 1, end - at - 1).c_str());
        at = end;
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace
}  // namespace redshank

int main(int argc, char** argv) {
    int rows = redshank::streams::rows_all;
    int events = 0;
    std::string_view only;
    bool list = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--list") {
            list = true;
        } else if (i + 1 == argc) {
            std::fprintf(stderr, "usage: %s [--rows N] [--events N] [--only NAME] [--list]\n", argv[0]);
            return 2;
        } else if (option == "--rows") {
            rows = std::atoi(argv[++i]);
        } else if (option == "--events") {
            events = std::atoi(argv[++i]);
        } else if (option == "--only") {
            only = argv[++i];
        }
    }
    if (rows < 1 || events < 0 || events > rows) return 2;
    if (events == 0) events = rows;
    const auto hyperplane = redshank::streams::hyperplane(rows);
    const auto radial = redshank::streams::radial(rows);
    for (const redshank::Subject& subject : redshank::subjects()) {
        if (!only.empty() && subject.name != only) continue;
        if (list) {
            std::puts(subject.name.c_str());
            continue;
        }
        const auto& stream = subject.radial ? radial : hyperplane;
        redshank::measure(subject, std::span(stream).first(static_cast<std::size_t>(events)));
    }
    return 0;
}
