// Nanoseconds per event (predict one, learn one) and score of each learner on the streams of
// tests/model/generated_streams.hpp, single thread, data in memory, inputs as they are.
//   model_bench_learners [rows]
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/learners.hpp"
#include "tests/model/generated_streams.hpp"

namespace redshank {
namespace {

using Clock = std::chrono::steady_clock;

double per_event_ns(Clock::time_point begin, Clock::time_point end, std::size_t events) {
    return std::chrono::duration<double, std::nano>(end - begin).count() / static_cast<double>(events);
}

void print(std::string_view name, const char* stream, double ns, const char* score_name, double score,
           std::size_t bytes) {
    const std::string of = std::string(name) + "." + stream;
    std::printf("%s.ns=%.1f %s.%s=%.6f %s.bytes=%zu\n", of.c_str(), ns, of.c_str(), score_name, score, of.c_str(),
                bytes);
}

void measure(std::string_view name, const std::vector<streams::Row>& rows) {
    const std::unique_ptr<Regressor> learner = make_regressor(name, streams::inputs);
    double squares = 0;
    const auto begin = Clock::now();
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        const double error = static_cast<double>(learner->predict(features)) - static_cast<double>(row.target);
        squares += error * error;
        learner->learn(features, row.target);
    }
    const auto end = Clock::now();
    print(name, "HYP", per_event_ns(begin, end, rows.size()), "mse", squares / static_cast<double>(rows.size()),
          learner->bytes());
}

void measure(std::string_view name, const char* stream, const std::vector<streams::Row>& rows) {
    const std::unique_ptr<Classifier> learner = make_classifier(name, streams::inputs, 2);
    std::size_t right = 0;
    const auto begin = Clock::now();
    for (const streams::Row& row : rows) {
        const Features features{row.x};
        right += learner->classify(features) == row.label ? 1U : 0U;
        learner->learn(features, row.label);
    }
    const auto end = Clock::now();
    print(name, stream, per_event_ns(begin, end, rows.size()), "accuracy",
          static_cast<double>(right) / static_cast<double>(rows.size()), learner->bytes());
}

}  // namespace
}  // namespace redshank

int main(int argc, char** argv) {
    const int rows = argc > 1 ? std::atoi(argv[1]) : redshank::streams::rows_all;
    if (rows < 1) return 2;
    const auto hyperplane = redshank::streams::hyperplane(rows);
    const auto radial = redshank::streams::radial(rows);
    for (const std::string_view name : redshank::regressor_names) redshank::measure(name, hyperplane);
    for (const std::string_view name : redshank::classifier_names) {
        redshank::measure(name, "HYP", hyperplane);
        redshank::measure(name, "RBF", radial);
    }
    return 0;
}
