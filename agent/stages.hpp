#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/tasks.hpp"
#include "model/features.hpp"
#include "model/pca.hpp"

namespace redshank {

// The stages between a group's standardised values and its model, each learning from what it passes on, after the model
// has used it.
//   "pca:N": the vector's coordinates along the first N principal components (model/pca.hpp); what is missing counts as
//   the mean, and nothing is missing behind it.
//   Memory: acquired by the constructor. Thread: the owner's.
class Stages {
public:
    // As outputs_of() lets them through.
    Stages(std::span<const std::string> stages, std::size_t inputs);

    std::size_t outputs() const noexcept { return outputs_; }
    // Room for what the features point to; valid as long as the room.
    using Room = std::array<float, features_max>;
    Features apply(const Features& features, Room& room) const noexcept;
    void learn(const Features& features) noexcept;

    void write(ByteWriter& out) const noexcept;
    bool read(ByteReader& in) noexcept;  // false: what no writer wrote; reset() it
    void reset() noexcept;
    std::size_t written_bytes() const noexcept;
    std::size_t bytes() const noexcept { return stages_.capacity() * sizeof(PcaStage); }

private:
    struct PcaStage {
        Pca pca;
        std::size_t count = 0;
        void project(std::span<const float> inputs, Room& room) const noexcept;
    };
    std::vector<PcaStage> stages_;
    std::size_t outputs_;
};

}  // namespace redshank
