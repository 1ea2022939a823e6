#include "agent/prequential.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace redshank {

namespace {

double ratio(double part, double whole) noexcept {
    return whole > 0 ? part / whole : 0.0;
}

void put_double(ByteWriter& out, double value) noexcept {
    out.put(std::bit_cast<std::uint64_t>(value));
}

double get_double(ByteReader& in) noexcept {
    return std::bit_cast<double>(in.get<std::uint64_t>());
}

}  // namespace

void ClassFigures::add(std::uint8_t predicted, std::uint8_t actual) noexcept {
    if (predicted >= classes_max || actual >= classes_max) return;
    std::uint32_t& count = counts_[actual][predicted];
    if (count != UINT32_MAX) ++count;
}

void ClassFigures::add(const ClassFigures& other) noexcept {
    for (std::size_t actual = 0; actual < classes_max; ++actual) {
        for (std::size_t predicted = 0; predicted < classes_max; ++predicted) {
            std::uint32_t& count = counts_[actual][predicted];
            count += std::min(other.counts_[actual][predicted], UINT32_MAX - count);
        }
    }
}

std::uint64_t ClassFigures::rows() const noexcept {
    std::uint64_t rows = 0;
    for (const auto& of : counts_) {
        for (const std::uint32_t count : of) rows += count;
    }
    return rows;
}

double ClassFigures::right() const noexcept {
    std::uint64_t right = 0;
    for (std::size_t i = 0; i < classes_max; ++i) right += counts_[i][i];
    return ratio(static_cast<double>(right), static_cast<double>(rows()));
}

double ClassFigures::balanced_accuracy() const noexcept {
    double sum = 0;
    double occurred = 0;
    for (std::size_t i = 0; i < classes_max; ++i) {
        std::uint64_t all = 0;
        for (const std::uint32_t count : counts_[i]) all += count;
        if (all == 0) continue;
        sum += static_cast<double>(counts_[i][i]) / static_cast<double>(all);
        occurred += 1;
    }
    return ratio(sum, occurred);
}

double ClassFigures::kappa() const noexcept {
    const auto all = static_cast<double>(rows());
    double by_chance = 0;
    for (std::size_t i = 0; i < classes_max; ++i) {
        std::uint64_t actual = 0;
        std::uint64_t predicted = 0;
        for (std::size_t j = 0; j < classes_max; ++j) {
            actual += counts_[i][j];
            predicted += counts_[j][i];
        }
        by_chance += ratio(static_cast<double>(actual), all) * ratio(static_cast<double>(predicted), all);
    }
    return ratio(right() - by_chance, 1.0 - by_chance);
}

void ClassFigures::write(ByteWriter& out) const noexcept {
    for (const auto& of : counts_) {
        for (const std::uint32_t count : of) out.put(count);
    }
}

void ClassFigures::read(ByteReader& in) noexcept {
    for (auto& of : counts_) {
        for (std::uint32_t& count : of) count = in.get<std::uint32_t>();
    }
}

void NumberFigures::add(double predicted, double actual) noexcept {
    const double error = predicted - actual;
    ++rows_;
    squares_ += error * error;
    sizes_ += std::fabs(error);
}

void NumberFigures::add(const NumberFigures& other) noexcept {
    rows_ += other.rows_;
    squares_ += other.squares_;
    sizes_ += other.sizes_;
}

double NumberFigures::mean_squared_error() const noexcept {
    return ratio(squares_, static_cast<double>(rows_));
}

double NumberFigures::mean_absolute_error() const noexcept {
    return ratio(sizes_, static_cast<double>(rows_));
}

void NumberFigures::write(ByteWriter& out) const noexcept {
    out.put(rows_);
    put_double(out, squares_);
    put_double(out, sizes_);
}

void NumberFigures::read(ByteReader& in) noexcept {
    rows_ = in.get<std::uint64_t>();
    squares_ = get_double(in);
    sizes_ = get_double(in);
    // Negated, so that NaN is refused too.
    if (!(squares_ >= 0 && sizes_ >= 0)) in.get_bytes(SIZE_MAX);
}

}  // namespace redshank
