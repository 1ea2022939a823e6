#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/bytes.hpp"

namespace redshank {

// A window over a stream that is as long as the stream has not changed: when two parts of it have means that chance
// does not explain, the older part goes.
//   Source: Bifet and Gavalda 2007, "Learning from time-changing data with adaptive windowing" (ADWIN2): an exponential
//   histogram, `buckets_most` buckets of each size 2^r, and a cut where
//     |mean of the older - mean of the newer| > sqrt(2 v ln(2 d / c) / m) + 2 ln(2 d / c) / (3 m),
//   v the variance of the window, 1/m = 1/n0 + 1/n1, d = ln n, c the confidence. Looked for at every 32nd value.
//   Values: finite, clamped to +-1e6. Past 2^rows values the oldest go.
//   Numbers: + - * / and sqrt on doubles in one order: bytes equal on every board. Thread: the owner's. No heap.
class Adwin {
public:
    explicit Adwin(float confidence = 0.002F) noexcept : confidence_(confidence) {}

    enum class Change : std::uint8_t { none, fell, rose };  // of the mean, when the window was cut

    Change look(float value) noexcept;
    // True when the window was cut: the stream has changed.
    bool add(float value) noexcept { return look(value) != Change::none; }

    // These two go through the window, as a look does at every 32nd value.
    std::uint64_t width() const noexcept { return measured().width; }
    double mean() const noexcept { return measured().mean(); }

    static constexpr std::size_t rows = 24;
    static constexpr std::size_t buckets_most = 5;
    static constexpr std::size_t written_bytes = rows * (1 + (buckets_most + 1) * 16) + 4;
    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: what no stream can lead to

private:
    struct Bucket {
        double sum = 0;
        double squares = 0;  // of distances from the bucket's mean
    };
    // Oldest first.
    struct Row {
        std::uint8_t count = 0;
        std::array<Bucket, buckets_most + 1> buckets{};
        void drop(std::size_t oldest) noexcept;
    };

    struct Window {
        std::uint64_t width = 0;
        double sum = 0;
        double squares = 0;
        double mean() const noexcept { return width == 0 ? 0.0 : sum / static_cast<double>(width); }
    };

    void compress() noexcept;
    void drop_oldest() noexcept;
    Window measured() const noexcept;
    bool changed(const Window& window) const noexcept;

    float confidence_;
    std::array<Row, rows> rows_{};
    std::uint32_t since_look_ = 0;
};

}  // namespace redshank
