#pragma once

#include <array>
#include <cstdint>

#include "model/bytes.hpp"
#include "model/learner.hpp"

namespace redshank {

// How good predictions were that were made before the truth was known, over all of them ("interleaved test, then
// train": Gama, Sebastiao, Rodrigues 2013, "On evaluating stream learning algorithms").

// Of classes 0 to classes_max - 1. Counts stop at 2^32 - 1.
class ClassFigures {
public:
    void add(std::uint8_t predicted, std::uint8_t actual) noexcept;
    void add(const ClassFigures& other) noexcept;

    std::uint64_t rows() const noexcept;
    double right() const noexcept;              // share; 0 before the first, as the others
    double balanced_accuracy() const noexcept;  // mean over the classes that occurred of the share found of each
    double kappa() const noexcept;              // Cohen 1960: right beyond chance; 0 where chance is always right

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;
    static constexpr std::size_t written_bytes = 4 * classes_max * classes_max;

private:
    std::array<std::array<std::uint32_t, classes_max>, classes_max> counts_{};  // [actual][predicted]
};

// Of numbers, in their unit.
class NumberFigures {
public:
    void add(double predicted, double actual) noexcept;
    void add(const NumberFigures& other) noexcept;

    std::uint64_t rows() const noexcept { return rows_; }
    double mean_squared_error() const noexcept;
    double mean_absolute_error() const noexcept;

    void write(ByteWriter& out) const noexcept;
    void read(ByteReader& in) noexcept;  // what is no sum of errors makes in.ok() false
    static constexpr std::size_t written_bytes = 24;

private:
    std::uint64_t rows_ = 0;
    double squares_ = 0;
    double sizes_ = 0;
};

}  // namespace redshank
