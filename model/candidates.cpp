#include "model/candidates.hpp"

#include <array>
#include <cassert>
#include <optional>
#include <span>
#include <utility>

#include "model/champion.hpp"
#include "model/dense_inputs.hpp"
#include "model/framed_learner.hpp"
#include "model/snapshot_frame.hpp"

namespace redshank {

namespace {

constexpr float error_most = 1e3F;  // its square is the most a champion takes

// What both kinds share: everything but how an event is answered and its loss found.
template <class Base>
class Champions : public Base, public Candidates {
public:
    explicit Champions(std::vector<std::unique_ptr<Base>> candidates)
        : candidates_(std::move(candidates)), champion_(candidates_.size()) {
        assert(candidates_.size() >= 2 && candidates_.size() <= Candidates::most);
    }

    void snapshot(ByteWriter& out) const noexcept final {
        frame().write(out, [this](ByteWriter& body) {
            champion_.write(body);
            for (const auto& each : candidates_) each->snapshot(body);
        });
    }
    bool restore(ByteReader& in) noexcept final {
        std::optional<ByteReader> body = frame().read(in);
        if (!body || !champion_.read(*body)) return false;
        for (const auto& each : candidates_) {
            if (!each->restore(*body)) return false;
        }
        return body->ok() && body->left() == 0;
    }
    std::size_t snapshot_bytes() const noexcept final { return frame().bytes(); }
    std::size_t bytes() const noexcept final {
        std::size_t bytes = sizeof(*this) + candidates_.capacity() * sizeof(candidates_.front());
        for (const auto& each : candidates_) bytes += each->bytes();
        return bytes;
    }
    void reset() noexcept final {
        champion_ = Champion<Candidates::most>(candidates_.size());
        for (const auto& each : candidates_) each->reset();
    }
    std::string_view name() const noexcept final { return learner_name; }
    const Candidates* candidates() const noexcept final { return this; }

    std::size_t count() const noexcept final { return candidates_.size(); }
    std::string_view name_of(std::size_t candidate) const noexcept final { return candidates_[candidate]->name(); }
    float loss_of(std::size_t candidate) const noexcept final { return champion_.loss(candidate); }
    std::size_t answering() const noexcept final { return champion_.champion(); }

protected:
    using Losses = std::array<float, Candidates::most>;
    const Base& best() const noexcept { return *candidates_[champion_.champion()]; }
    std::span<const std::unique_ptr<Base>> each() const noexcept { return candidates_; }
    void add(const Losses& losses) noexcept { champion_.add(std::span(losses).first(candidates_.size())); }

private:
    SnapshotFrame frame() const noexcept {
        std::size_t body = champion_.written_bytes();
        for (const auto& each : candidates_) body += each->snapshot_bytes();
        return {.magic = magic_of(learner_name),
                .version = 1,
                .inputs = static_cast<std::uint16_t>(candidates_.size()),
                .body_bytes = static_cast<std::uint32_t>(body)};
    }

    std::vector<std::unique_ptr<Base>> candidates_;
    Champion<Candidates::most> champion_;
};

class ChampionClassifier final : public Champions<Classifier> {
public:
    using Champions::Champions;
    void shares(const Features& features, std::span<float> out) const noexcept override {
        best().shares(features, out);
    }
    void learn(const Features& features, std::uint8_t actual) noexcept override {
        Losses losses{};
        for (std::size_t i = 0; i < each().size(); ++i) {
            losses[i] = each()[i]->classify(features) == actual ? 0.0F : 1.0F;
            each()[i]->learn(features, actual);
        }
        add(losses);
    }
    std::size_t classes() const noexcept override { return best().classes(); }
};

class ChampionRegressor final : public Champions<Regressor> {
public:
    using Champions::Champions;
    float predict(const Features& features) const noexcept override { return best().predict(features); }
    void learn(const Features& features, float target) noexcept override {
        Losses losses{};
        for (std::size_t i = 0; i < each().size(); ++i) {
            const float error = clamped(each()[i]->predict(features) - target, error_most);
            losses[i] = error * error;
            each()[i]->learn(features, target);
        }
        add(losses);
    }
};

}  // namespace

std::unique_ptr<Classifier> make_champion(std::vector<std::unique_ptr<Classifier>> candidates) {
    return std::make_unique<ChampionClassifier>(std::move(candidates));
}

std::unique_ptr<Regressor> make_champion(std::vector<std::unique_ptr<Regressor>> candidates) {
    return std::make_unique<ChampionRegressor>(std::move(candidates));
}

}  // namespace redshank
