#include "model/adwin.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "model/float_math.hpp"

namespace redshank {
namespace {

constexpr std::uint32_t look_every = 32;
constexpr std::uint64_t part_least = 5;  // values
constexpr std::uint64_t width_least = 10;
constexpr float value_limit = 1e6F;
constexpr double ln_of_2 = 0.69314718055994531;

double ln_of(double value) noexcept {
    return static_cast<double>(log2_of(static_cast<float>(value))) * ln_of_2;
}

// Squares about the mean of two parts together (Chan, Golub and LeVeque 1979).
double between(double sum_a, double count_a, double sum_b, double count_b) noexcept {
    const double distance = sum_a / count_a - sum_b / count_b;
    return distance * distance * (count_a * count_b / (count_a + count_b));
}

}  // namespace

void Adwin::Row::drop(std::size_t oldest) noexcept {
    std::copy(buckets.begin() + static_cast<std::ptrdiff_t>(oldest), buckets.begin() + count, buckets.begin());
    count = static_cast<std::uint8_t>(count - oldest);
    std::fill(buckets.begin() + count, buckets.end(), Bucket{});
}

Adwin::Change Adwin::look(float value) noexcept {
    assert(std::isfinite(value));
    rows_[0].buckets[rows_[0].count++] = {static_cast<double>(std::clamp(value, -value_limit, value_limit)), 0.0};
    compress();
    if (++since_look_ < look_every) return Change::none;
    since_look_ = 0;
    Window window = measured();
    const double before = window.mean();
    bool cut = false;
    while (window.width >= width_least && changed(window)) {
        drop_oldest();
        window = measured();
        cut = true;
    }
    if (!cut) return Change::none;
    return window.mean() > before ? Change::rose : Change::fell;
}

void Adwin::compress() noexcept {
    double size = 1;
    for (std::size_t row = 0; row < rows && rows_[row].count > buckets_most; ++row, size *= 2) {
        const Bucket& a = rows_[row].buckets[0];
        const Bucket& b = rows_[row].buckets[1];
        if (row + 1 < rows) {
            rows_[row + 1].buckets[rows_[row + 1].count++] = {
                a.sum + b.sum, a.squares + b.squares + between(a.sum, size, b.sum, size)};
        }
        rows_[row].drop(2);
    }
}

void Adwin::drop_oldest() noexcept {
    for (std::size_t row = rows; row-- > 0;) {
        if (rows_[row].count > 0) return rows_[row].drop(1);
    }
}

Adwin::Window Adwin::measured() const noexcept {
    Window window;
    std::uint64_t size = std::uint64_t{1} << (rows - 1);
    for (std::size_t row = rows; row-- > 0; size /= 2) {
        for (std::size_t i = 0; i < rows_[row].count; ++i) {
            const Bucket& bucket = rows_[row].buckets[i];
            window.squares += bucket.squares;
            if (window.width > 0) {
                window.squares +=
                    between(window.sum, static_cast<double>(window.width), bucket.sum, static_cast<double>(size));
            }
            window.sum += bucket.sum;
            window.width += size;
        }
    }
    return window;
}

bool Adwin::changed(const Window& window) const noexcept {
    const auto width = static_cast<double>(window.width);
    const double variance = window.squares / width;
    const double log_term = ln_of(2.0 * ln_of(width) / static_cast<double>(confidence_));
    std::uint64_t older = 0;
    double older_sum = 0;
    std::uint64_t size = std::uint64_t{1} << (rows - 1);
    for (std::size_t row = rows; row-- > 0; size /= 2) {
        for (std::size_t i = 0; i < rows_[row].count; ++i) {
            older += size;
            older_sum += rows_[row].buckets[i].sum;
            if (older < part_least) continue;
            if (window.width - older < part_least) return false;
            const auto n0 = static_cast<double>(older);
            const double n1 = width - n0;
            const double inverse = 1.0 / n0 + 1.0 / n1;
            const double chance = std::sqrt(2.0 * inverse * variance * log_term) + 2.0 / 3.0 * inverse * log_term;
            if (std::fabs(older_sum / n0 - (window.sum - older_sum) / n1) > chance) return true;
        }
    }
    return false;
}

void Adwin::write(ByteWriter& out) const noexcept {
    for (const Row& row : rows_) {
        out.put(row.count);
        for (const Bucket& bucket : row.buckets) {
            out.put(std::bit_cast<std::uint64_t>(bucket.sum));
            out.put(std::bit_cast<std::uint64_t>(bucket.squares));
        }
    }
    out.put(since_look_);
}

bool Adwin::read(ByteReader& in) noexcept {
    bool possible = true;
    double size = 1;
    for (Row& row : rows_) {
        row.count = in.get<std::uint8_t>();
        possible = possible && row.count <= buckets_most;
        for (Bucket& bucket : row.buckets) {
            bucket.sum = std::bit_cast<double>(in.get<std::uint64_t>());
            bucket.squares = std::bit_cast<double>(in.get<std::uint64_t>());
            const double limit = 1.001 * size * static_cast<double>(value_limit);
            possible = possible && std::fabs(bucket.sum) <= limit && bucket.squares >= 0 &&
                       bucket.squares <= limit * static_cast<double>(value_limit) * 4;
        }
        size *= 2;
    }
    since_look_ = in.get<std::uint32_t>();
    return in.ok() && possible && since_look_ < look_every;
}

}  // namespace redshank
