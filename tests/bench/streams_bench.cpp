// Every classifier on labelled streams: each row is classified, then learned; the inputs are standardised by a running
// mean and deviation that have seen the rows before only. Share right over all rows, the mean of the classes', and the
// share over ten folds with its deviation.
//   model_bench_streams folder       with weather_first_half.csv and elec_first_half.csv
//   Elec2's class follows from the prices before in nearly every row: its figures say nothing of a learner's worth.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "model/cross_validation.hpp"
#include "model/fading_moments.hpp"
#include "model/learners.hpp"

namespace {

struct Row {
    std::vector<float> values;
    std::uint8_t label = 0;
};

std::vector<Row> rows_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);  // names
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        Row row;
        std::size_t at = 0;
        for (std::size_t comma = line.find(','); comma != std::string::npos; comma = line.find(',', at)) {
            row.values.push_back(std::strtof(line.c_str() + at, nullptr));
            at = comma + 1;
        }
        row.label = std::strtof(line.c_str() + at, nullptr) > 0.5F ? 1 : 0;
        rows.push_back(row);
    }
    return rows;
}

void standardise(std::vector<Row>& rows) {
    std::vector<redshank::FadingMoments> moments(rows.front().values.size());
    for (Row& row : rows) {
        for (std::size_t i = 0; i < moments.size(); ++i) {
            const float value = row.values.at(i);
            const float deviation = moments[i].deviation();
            row.values[i] = deviation > 0.0F ? (value - moments[i].mean()) / deviation : 0.0F;
            moments[i].learn(value, 1'000'000);
        }
    }
}

// The same by ten folds, each tested on rows it never learns.
redshank::FoldFigures over_folds(std::string_view name, const std::vector<Row>& rows) {
    std::vector<std::unique_ptr<redshank::Classifier>> learners;
    for (int i = 0; i < 10; ++i) learners.push_back(redshank::make_classifier(name, rows.front().values.size(), 2));
    redshank::ClassCrossValidation folds(std::move(learners));
    for (const Row& row : rows) folds.add({row.values}, row.label);
    return redshank::figures_over(folds.folds(), [](const auto& fold) { return fold.accuracy(); });
}

void measure(std::string_view name, const std::vector<Row>& rows) {
    const auto learner = redshank::make_classifier(name, rows.front().values.size(), 2);
    std::array<double, 2> right{};
    std::array<double, 2> seen{};
    for (const Row& row : rows) {
        const redshank::Features features{row.values};
        seen[row.label] += 1;
        right[row.label] += learner->classify(features) == row.label ? 1 : 0;
        learner->learn(features, row.label);
    }
    std::printf("  %-18.*s %.4f  balanced %.4f", static_cast<int>(name.size()), name.data(),
                (right[0] + right[1]) / (seen[0] + seen[1]), 0.5 * (right[0] / seen[0] + right[1] / seen[1]));
    const redshank::FoldFigures folds = over_folds(name, rows);
    std::printf("  folds %.4f +- %.4f\n", folds.mean, folds.deviation);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s folder\n", argv[0]);
        return 2;
    }
    for (const char* stream : {"weather", "elec"}) {
        std::vector<Row> rows = rows_of(std::string(argv[1]) + "/" + stream + "_first_half.csv");
        if (rows.empty() || rows.front().values.empty()) {
            std::fprintf(stderr, "%s: no rows of %s\n", argv[1], stream);
            return 1;
        }
        standardise(rows);
        std::printf("%s, %zu rows\n", stream, rows.size());
        for (const std::string_view name : redshank::classifier_names) measure(name, rows);
    }
    return 0;
}
