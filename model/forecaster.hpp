#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "model/dense_inputs.hpp"
#include "model/float_math.hpp"
#include "model/framed_learner.hpp"
#include "model/learner.hpp"
#include "model/recursive_least_squares.hpp"

namespace redshank {

// Learns what the next row of a group will be.
//   hour_of_week: of the row that is to come, 0 to 167 from Monday, or no_hour.
class RowForecaster : public Learner {
public:
    static constexpr std::int16_t no_hour = -1;
    virtual void predict(std::int16_t hour_of_week,
                         std::span<float> out) const noexcept = 0;  // before the first row: 0
    virtual void learn(std::int16_t hour_of_week, std::span<const float> row) noexcept = 0;
};

// `forecast`: the next row of a group's values from the rows before and the time of day and week. One head of recursive
// least squares a member (model/recursive_least_squares.hpp), over its own last values, its value a season ago, the
// others' last values, and the time as two harmonics of the day and one of the week.
//   Source: a vector autoregression with exogenous inputs, Ljung, "System Identification", section 4.2.
//   Units: values standardised, clamped to +-input_limit; the season in rows. Rows at equal steps: who misses one
//   learns it as the forecast.
//   Shape: 1 to Members members. Invariant: all finite for any finite input. Thread: the owner's. No heap.
template <std::size_t Members>
class Forecaster final : public RowForecaster {
public:
    static constexpr std::size_t season_rows_most = 48;
    static constexpr std::int16_t hours_of_week = 168;
    static constexpr float kept_default = 0.998F;

    // season_rows: rows a day, 4 to season_rows_most.
    explicit Forecaster(std::size_t members, std::size_t season_rows = 24, float kept = kept_default) noexcept
        : members_(static_cast<std::uint16_t>(members)),
          season_rows_(static_cast<std::uint16_t>(season_rows)),
          kept_(kept),
          heads_(fresh_heads(members, kept)) {
        assert(members >= 1 && members <= Members && season_rows >= 4 && season_rows <= season_rows_most);
    }

    void predict(std::int16_t hour_of_week, std::span<float> out) const noexcept override {
        assert(out.size() == members_);
        const std::array<float, times> time = time_of(hour_of_week);
        for (std::size_t k = 0; k < members_; ++k) out[k] = clamped(heads_[k].at(inputs_of(k, time)), input_limit);
    }

    void learn(std::int16_t hour_of_week, std::span<const float> row) noexcept override {
        assert(row.size() == members_);
        if (rows_ > season_rows_) {  // the past that a head sees is whole
            const std::array<float, times> time = time_of(hour_of_week);
            for (std::size_t k = 0; k < members_; ++k) {
                const Vector x = inputs_of(k, time);
                heads_[k].learn(x, clamped(row[k], input_limit) - clamped(heads_[k].at(x), input_limit));
            }
        }
        for (std::size_t k = 0; k < members_; ++k) history_[next_][k] = clamped(row[k], input_limit);
        next_ = static_cast<std::uint16_t>((next_ + 1) % history_rows);
        if (rows_ < history_rows) ++rows_;
    }

    std::size_t members() const noexcept { return members_; }
    void reset() noexcept override {
        heads_ = fresh_heads(members_, kept_);
        history_ = {};
        next_ = 0;
        rows_ = 0;
    }
    std::size_t bytes() const noexcept override { return sizeof(*this); }
    std::string_view name() const noexcept override { return "forecast"; }

    std::size_t snapshot_bytes() const noexcept override { return frame().bytes(); }
    void snapshot(ByteWriter& out) const noexcept override {
        frame().write(out, [this](ByteWriter& body) {
            body.put(season_rows_);
            body.put(next_);
            body.put(rows_);
            for (const auto& row : history_) put_all(body, std::span(row).first(members_));
            for (std::size_t k = 0; k < members_; ++k) heads_[k].write(body);
        });
    }
    bool restore(ByteReader& in) noexcept override {
        std::optional<ByteReader> body = frame().read(in);
        if (!body) return false;
        reset();
        bool fine = body->get<std::uint16_t>() == season_rows_;
        next_ = body->get<std::uint16_t>();
        rows_ = body->get<std::uint16_t>();
        fine = fine && next_ < history_rows && rows_ <= history_rows && (rows_ == history_rows || rows_ == next_);
        for (auto& row : history_) {
            fine = get_all(*body, std::span(row).first(members_), -input_limit, input_limit) && fine;
        }
        for (std::size_t k = 0; k < members_; ++k) fine = heads_[k].read(*body) && fine;
        return fine && body->ok();
    }

private:
    static constexpr std::size_t own_lags = 3;
    static constexpr std::size_t season_lags = 3;  // a season before the row that is to come, and the rows next to that
    static constexpr std::size_t times = 6;
    static constexpr std::size_t history_rows = season_rows_most + 1;
    static constexpr std::size_t order_most = own_lags + season_lags + times + 1 + (Members - 1);
    using Head = LeastSquaresCore<(order_most + lanes - 1) / lanes * lanes>;
    using Vector = typename Head::Vector;
    using Heads = std::array<Head, Members>;

    static constexpr std::size_t order_of(std::size_t members) noexcept { return order_most - Members + members; }
    static Heads fresh_heads(std::size_t members, float kept) noexcept {
        return [&]<std::size_t... K>(std::index_sequence<K...>) {
            return Heads{(static_cast<void>(K), Head(order_of(members), kept))...};
        }
        (std::make_index_sequence<Members>{});
    }

    static std::array<float, times> time_of(std::int16_t hour_of_week) noexcept {
        if (hour_of_week < 0 || hour_of_week >= hours_of_week) return {};
        const auto hour = static_cast<float>(hour_of_week);
        const float day = hour / 24.0F;
        const float week = hour / 168.0F;
        constexpr float quarter = 0.25F;
        return {cos_turns_of(day),        cos_turns_of(day - quarter),
                cos_turns_of(2.0F * day), cos_turns_of(2.0F * day - quarter),
                cos_turns_of(week),       cos_turns_of(week - quarter)};
    }

    float past(std::size_t member, std::size_t rows_ago) const noexcept {
        return history_[(next_ + history_rows - rows_ago) % history_rows][member];
    }

    Vector inputs_of(std::size_t member, const std::array<float, times>& time) const noexcept {
        Vector x{};
        std::size_t used = 0;
        x[used++] = 1.0F;
        for (std::size_t lag = 1; lag <= own_lags; ++lag) x[used++] = past(member, lag);
        for (std::size_t lag = 0; lag < season_lags; ++lag) x[used++] = past(member, season_rows_ + lag - 1);
        for (const float each : time) x[used++] = each;
        for (std::size_t k = 0; k < members_; ++k) {
            if (k != member) x[used++] = past(k, 1);
        }
        return x;
    }

    SnapshotFrame frame() const noexcept {
        return {.magic = magic_of("forecast"),
                .inputs = members_,
                .body_bytes = static_cast<std::uint32_t>(
                    6 + members_ * (4 * history_rows + Head::written_bytes(order_of(members_))))};
    }

    std::uint16_t members_;
    std::uint16_t season_rows_;
    std::uint16_t next_ = 0;
    std::uint16_t rows_ = 0;
    float kept_;
    std::array<std::array<float, Members>, history_rows> history_{};
    Heads heads_;
};

}  // namespace redshank
