#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "agent/tasks.hpp"
#include "model/feature_selection.hpp"
#include "model/features.hpp"
#include "model/k_means.hpp"
#include "model/pca.hpp"
#include "model/random_fourier_features.hpp"

namespace redshank {

// The stages between a group's standardised values and its model, each learning from what it passes on, after the model
// has used it. Kinds: agent/tasks.hpp. All but "select" take a missing value as the mean, and behind them nothing is
// missing. What clusters begins to learn when the components before it have learned for a while: centres among axes
// that still turn would be nowhere.
//   Memory: acquired by the constructor. Thread: the owner's.
class Stages {
public:
    using Clusters = KMeans<stage_inputs_most, clusters_most>;

    // As outputs_of() lets them through.
    Stages(std::span<const std::string> stages, std::size_t inputs);

    std::size_t outputs() const noexcept { return outputs_; }
    bool settled() const noexcept;  // all components have learned for a while
    // Room for what the features point to; valid as long as the room.
    using Room = std::array<float, features_max>;
    Features apply(const Features& features, Room& room) const noexcept;
    // target: of the model, for those that select; 0 where there is none.
    void learn(const Features& features, float target) noexcept;

    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: what no writer wrote; reset() it
    void reset() noexcept;
    std::size_t written_bytes() const noexcept;
    std::size_t bytes() const noexcept { return stages_.capacity() * sizeof(Each); }

private:
    static constexpr std::size_t fourier_width = features_max;
    struct Components {
        Pca pca;
        std::size_t count = 0;
    };
    struct Fourier {
        RandomFourierFeatures<stage_inputs_most, fourier_width> map;
        std::size_t count = 0;
    };
    struct Selection {
        FeatureSelection<features_max> features;
        std::size_t count = 0;
    };
    using Each = std::variant<Components, Clusters, Fourier, Selection>;

    static Features applied(const Each& stage, const Features& features, Room& room) noexcept;

    std::vector<Each> stages_;
    std::size_t outputs_;
};

}  // namespace redshank
