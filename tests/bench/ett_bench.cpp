// The forecaster on ETTh1 by FSNet's protocol: values scaled by the mean and deviation of rows 0..2879, each of the
// rows from `first` to `last` predicted one row ahead and learned after; mean squared error over rows and values.
//   model_bench_ett ETTh1.csv [first last [kept]]     3600 14399 unless told; choose on 2880 3599
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "model/forecaster.hpp"

namespace {

constexpr std::size_t members = 7;
constexpr std::size_t scaled_by = 2880;
using Row = std::array<double, members>;

std::vector<Row> rows_of(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);  // names
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        Row row{};
        std::size_t at = line.find(',');
        for (double& value : row) {
            if (at == std::string::npos) return {};
            value = std::strtod(line.c_str() + at + 1, nullptr);
            at = line.find(',', at + 1);
        }
        rows.push_back(row);
    }
    return rows;
}

bool scale(std::vector<Row>& rows) {
    if (rows.size() < scaled_by) return false;
    for (std::size_t k = 0; k < members; ++k) {
        double sum = 0;
        double squares = 0;
        for (std::size_t i = 0; i < scaled_by; ++i) sum += rows[i][k];
        const double mean = sum / scaled_by;
        for (std::size_t i = 0; i < scaled_by; ++i) squares += (rows[i][k] - mean) * (rows[i][k] - mean);
        const double deviation = std::sqrt(squares / scaled_by);
        for (Row& row : rows) row[k] = (row[k] - mean) / deviation;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s ETTh1.csv [first last [kept]]\n", argv[0]);
        return 2;
    }
    std::vector<Row> rows = rows_of(argv[1]);
    const std::size_t first = argc > 3 ? static_cast<std::size_t>(std::atoi(argv[2])) : 3600;
    const std::size_t last = argc > 3 ? static_cast<std::size_t>(std::atoi(argv[3])) : 14399;
    using Forecaster = redshank::Forecaster<8>;
    const float kept = argc > 4 ? std::strtof(argv[4], nullptr) : Forecaster::kept_default;
    if (!scale(rows) || last >= rows.size() || first > last) {
        std::fprintf(stderr, "%s: not enough rows of 7 values\n", argv[1]);
        return 1;
    }

    const auto forecaster = std::make_unique<Forecaster>(members, 24, kept);
    constexpr std::size_t hour_of_first = 4 * 24;  // 2016-07-01 00:00 was a Friday; weeks from Monday
    std::array<double, members> squares{};
    std::array<double, members> squares_of_no_change{};
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i <= last; ++i) {
        const auto hour = static_cast<std::int16_t>((hour_of_first + i) % 168);
        std::array<float, members> predicted{};
        std::array<float, members> actual{};
        for (std::size_t k = 0; k < members; ++k) actual[k] = static_cast<float>(rows[i][k]);
        forecaster->predict(hour, predicted);
        for (std::size_t k = 0; k < members && i >= first; ++k) {
            const double error = rows[i][k] - static_cast<double>(predicted[k]);
            squares[k] += error * error;
            squares_of_no_change[k] += (rows[i][k] - rows[i - 1][k]) * (rows[i][k] - rows[i - 1][k]);
        }
        forecaster->learn(hour, actual);
    }
    const auto end = std::chrono::steady_clock::now();

    const auto count = static_cast<double>(last - first + 1);
    double sum = 0;
    double sum_of_no_change = 0;
    for (std::size_t k = 0; k < members; ++k) {
        std::printf("member %zu: mse %.4f, no change %.4f\n", k, squares[k] / count, squares_of_no_change[k] / count);
        sum += squares[k] / count / members;
        sum_of_no_change += squares_of_no_change[k] / count / members;
    }
    std::printf("rows %zu..%zu: ett.mse=%.4f ett.no_change_mse=%.4f ett.row_ns=%.0f ett.bytes=%zu\n", first, last, sum,
                sum_of_no_change, std::chrono::duration<double, std::nano>(end - begin).count() / double(last + 1),
                forecaster->bytes());
    return 0;
}
