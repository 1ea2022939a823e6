#include "model/pca.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

namespace redshank {
namespace {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    float normal() {  // sum of twelve uniforms
        float sum = -6.0F;
        for (int i = 0; i < 12; ++i) sum += static_cast<float>(next() >> 40) * 0x1p-24F;
        return sum;
    }

private:
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t state_;
};

constexpr std::uint64_t seed = 19011933;  // Pearson, Hotelling
constexpr double degree = 3.14159265358979 / 180.0;

// Largest principal angle between the spans of orthonormal columns.
double angle_between(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    const Eigen::MatrixXd outside = a - b * (b.transpose() * a);
    return std::asin(std::min(1.0, Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(outside.transpose() * outside)
                                       .eigenvalues()
                                       .cwiseMax(0.0)
                                       .cwiseSqrt()
                                       .maxCoeff()));
}

Eigen::MatrixXd largest_eigenvectors(const Eigen::MatrixXd& covariance, Eigen::Index count) {
    return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance).eigenvectors().rightCols(count);
}

// Factors of falling variance, mixed, with a mean and a little noise on each input.
class LowRank {
public:
    LowRank(Eigen::Index inputs, Eigen::Index rank) : mixing_(inputs, rank), random_(seed) {
        for (Eigen::Index i = 0; i < mixing_.size(); ++i) mixing_.data()[i] = random_.normal();
        for (Eigen::Index k = 0; k < rank; ++k) mixing_.col(k) *= 1.0F / static_cast<float>(k + 1);
    }
    std::vector<float> draw() {
        Eigen::VectorXf factors(mixing_.cols());
        for (float& factor : factors) factor = random_.normal();
        const Eigen::VectorXf mixed = mixing_ * factors;
        std::vector<float> vector;
        for (const float value : mixed) vector.push_back(value + 0.7F + 0.1F * random_.normal());
        return vector;
    }

private:
    Eigen::MatrixXf mixing_;
    Random random_;
};

TEST(Pca, learns_the_subspace_of_the_batch_covariance_within_two_degrees) {
    for (const Eigen::Index inputs : {8, 16}) {
        SCOPED_TRACE(inputs);
        constexpr int count = 20'000;
        LowRank source(inputs, 4);
        Pca pca(static_cast<std::size_t>(inputs));
        Eigen::MatrixXd data(count, inputs);
        for (int i = 0; i < count; ++i) {
            const auto x = source.draw();
            for (Eigen::Index k = 0; k < inputs; ++k) data(i, k) = x[static_cast<std::size_t>(k)];
            pca.learn(x);
        }
        const Eigen::VectorXd mean = data.colwise().mean();
        const Eigen::MatrixXd centred = data.rowwise() - mean.transpose();
        const Eigen::MatrixXd batch = largest_eigenvectors(centred.transpose() * centred / count, 4);
        EXPECT_LT(angle_between(pca.components().cast<double>(), batch), 2.0 * degree);
        EXPECT_LT((pca.mean().cast<double>() - mean).cwiseAbs().maxCoeff(), 0.2);
    }
}

TEST(Pca, follows_the_weighted_covariance_within_a_tenth_of_a_degree) {
    constexpr Eigen::Index inputs = 16;
    LowRank source(inputs, 4);
    Pca pca(inputs);
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(inputs);
    Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(inputs, inputs);
    for (int i = 0; i < 10'000; ++i) {
        const auto x = source.draw();
        pca.learn(x);
        const double weight = 1.0 / std::min(i + 2, 2048);
        Eigen::VectorXd deviation(inputs);
        for (Eigen::Index k = 0; k < inputs; ++k) deviation[k] = x[static_cast<std::size_t>(k)] - mean[k];
        mean += weight * deviation;
        covariance = (1.0 - weight) * (covariance + weight * deviation * deviation.transpose());
    }
    const Eigen::MatrixXd reference = largest_eigenvectors(covariance, 4);
    EXPECT_LT(angle_between(pca.components().cast<double>(), reference), 0.1 * degree);
    for (Eigen::Index k = 0; k < 4; ++k) {  // each component itself, not their span alone
        const double cosine = std::fabs(pca.components().col(k).cast<double>().dot(reference.col(3 - k)));
        EXPECT_GT(cosine, std::cos(5.0 * degree)) << k;
    }
}

TEST(Pca, distances_are_those_of_the_textbook) {
    Pca pca(8);
    LowRank source(8, 4);
    for (int i = 0; i < 5000; ++i) pca.learn(source.draw());
    double t2 = 0;
    double spe = 0;
    constexpr int count = 5000;
    for (int i = 0; i < count; ++i) {
        const Pca::Distances distances = pca.measure(source.draw());
        t2 += distances.t2;
        spe += distances.spe;
    }
    EXPECT_NEAR(t2 / count, 4.0, 0.2);          // its expectation is the number of components
    EXPECT_NEAR(spe / count, 4 * 0.01, 0.004);  // noise variance times the dimensions left
}

TEST(Pca, components_stay_orthonormal_whatever_is_learned) {
    Random random(seed);
    const std::vector<std::pair<const char*, std::function<void(std::span<float>, int)>>> streams{
        {"constant", [](auto x, int) { std::fill(x.begin(), x.end(), 3.0F); }},
        {"zero", [](auto x, int) { std::fill(x.begin(), x.end(), 0.0F); }},
        {"collinear", [&](auto x, int) { std::fill(x.begin(), x.end(), random.normal()); }},
        {"all but collinear",
         [&](auto x, int) {
             const float common = random.normal();
             for (float& each : x) each = common + 1e-3F * random.normal();
         }},
        {"one varies", [&](auto x, int) { x[0] = random.normal(); }},
        {"huge",
         [&](auto x, int) {
             for (float& each : x) each = random.normal() > 0 ? 1e6F : -1e6F;
         }},
        {"tiny",
         [&](auto x, int) {
             for (float& each : x) each = 1e-20F * random.normal();
         }},
        {"spikes", [](auto x, int i) { std::fill(x.begin(), x.end(), i % 500 == 499 ? 1e6F : 0.0F); }},
    };
    for (const std::size_t inputs : {1U, 2U, 3U, 8U, 16U}) {
        for (const auto& [name, fill] : streams) {
            SCOPED_TRACE(testing::Message() << name << ", " << inputs << " inputs");
            Pca pca(inputs);
            std::array<float, model_inputs_max> room{};
            const std::span<float> x = std::span(room).first(inputs);
            for (int i = 0; i < 2000; ++i) {
                fill(x, i);
                const Pca::Distances distances = pca.measure(x);
                ASSERT_TRUE(std::isfinite(distances.t2) && std::isfinite(distances.spe)) << i;
                ASSERT_TRUE(distances.t2 >= 0.0F && distances.spe >= 0.0F) << i;
                pca.learn(x);
                const Eigen::MatrixXf products = pca.components().transpose() * pca.components();
                const Eigen::MatrixXf one = Eigen::MatrixXf::Identity(products.rows(), products.cols());
                ASSERT_LT((products - one).cwiseAbs().maxCoeff(), 1e-5F) << i;
            }
        }
    }
}

TEST(Pca, a_single_fault_that_is_learned_does_not_hide_the_next) {
    Pca faulty(8);
    Pca spared(8);
    LowRank source(8, 4);
    for (int i = 0; i < 3000; ++i) {
        const auto x = source.draw();
        faulty.learn(x);
        spared.learn(x);
    }
    faulty.learn(std::vector<float>{0, 0, 0, 1e6F, 0, 0, 0, 0});
    for (int i = 0; i < 100; ++i) {
        const auto x = source.draw();
        faulty.learn(x);
        spared.learn(x);
    }
    const std::vector<float> fault{0, 0, 0, 50.0F, 0, 0, 0, 0};
    EXPECT_GT(faulty.measure(fault).spe, 0.8F * spared.measure(fault).spe);
}

TEST(Pca, a_lasting_change_of_scale_becomes_normal_within_its_memory) {
    Pca pca(8);
    Random random(seed);
    std::vector<float> x(8);
    const auto draw = [&](float scale) {
        for (float& each : x) each = scale * random.normal();
        return x;
    };
    for (int i = 0; i < 3000; ++i) pca.learn(draw(1.0F));
    for (int i = 0; i < 8000; ++i) pca.learn(draw(300.0F));
    double t2 = 0;
    for (int i = 0; i < 1000; ++i) t2 += pca.measure(draw(300.0F)).t2;
    EXPECT_NEAR(t2 / 1000, 4.0, 0.5);
}

TEST(Pca, what_no_stream_leads_to_is_not_read) {
    Pca pca(2);
    std::array<std::byte, Pca::written_bytes(2)> good{};
    ByteWriter out(good);
    pca.write(out);
    ASSERT_TRUE(out.ok());
    ASSERT_EQ(out.used(), good.size());

    const auto reads = [](std::span<const std::byte> bytes) {
        ByteReader in(bytes);
        return Pca(2).read(in);
    };
    EXPECT_TRUE(reads(good));
    for (const float value : {std::nanf(""), INFINITY, -INFINITY, 1e30F, -1e30F}) {
        for (std::size_t at = 4; at < good.size(); at += 4) {
            auto bad = good;
            ByteWriter over{std::span(bad).subspan(at, 4)};
            over.put(value);
            EXPECT_FALSE(reads(bad)) << value << " at " << at;
        }
    }
    EXPECT_FALSE(reads(std::span(good).first(good.size() - 1)));
}

// Streams and faults as the model sees them, through the score.

class Faults : public testing::Test {
protected:
    static constexpr int learned = 5000;
    static constexpr std::size_t inputs = 8;

    // Eight inputs driven by two factors, each input of variance 1.
    std::array<float, inputs> draw() {
        std::array<float, 2> factors{random_.normal(), random_.normal()};
        std::array<float, inputs> x{};
        for (std::size_t k = 0; k < inputs; ++k) {
            const float share = static_cast<float>(k + 1) / static_cast<float>(inputs + 1);
            x[k] = std::sqrt(1.0F - share) * factors[0] + std::sqrt(share) * factors[1] + 0.05F * random_.normal();
        }
        return x;
    }

    // Learned unseen; how many of the second half were called strange.
    int learn_ordinary() {
        int strange = 0;
        for (int i = 0; i < learned; ++i) {
            const auto x = draw();
            const Score score = model_->score(x);
            if (i >= learned / 2 && score.score >= 0.8F) ++strange;
            model_->learn(x);
            for (const float value : x) largest_ = std::max(largest_, std::fabs(value));
        }
        return strange;
    }

    std::unique_ptr<Model> model_ = make_model("pca", inputs, 300);
    Random random_{seed};
    float largest_ = 0;
};

TEST_F(Faults, a_break_of_correlation_within_every_range_is_found) {
    EXPECT_LT(learn_ordinary(), learned / 2 / 200);
    int found = 0;
    for (int i = 0; i < 20; ++i) {
        auto x = draw();
        x[3] = random_.normal();  // the same distribution, but its own
        ASSERT_LE(std::fabs(x[3]), largest_);
        if (model_->score(x).score >= 0.8F) ++found;
    }
    EXPECT_GE(found, 5);
}

TEST_F(Faults, a_stuck_sensor_within_its_range_is_found) {
    learn_ordinary();
    int found = 0;
    for (int i = 0; i < 20; ++i) {
        auto x = draw();
        x[5] = 0.5F;
        if (model_->score(x).score >= 0.8F) ++found;
    }
    EXPECT_GE(found, 5);
}

TEST_F(Faults, a_shift_along_the_main_axis_is_found_and_stays_found_while_nothing_is_learned) {
    EXPECT_LT(learn_ordinary(), learned / 2 / 200);
    float first = 0;
    for (int i = 0; i < 2000; ++i) {
        auto x = draw();
        for (float& value : x) value += 16.0F;
        const float score = model_->score(x).score;
        ASSERT_GE(score, 0.8F) << i;
        if (i == 0) first = score;
    }
    const auto before = draw();
    EXPECT_LT(model_->score(before).score, 0.5F);
    EXPECT_GT(first, 0.8F);
}

TEST_F(Faults, a_shift_along_the_main_axis_shows_in_t2) {
    Pca pca(inputs);
    for (int i = 0; i < learned; ++i) pca.learn(draw());
    auto x = draw();
    const Pca::Distances ordinary = pca.measure(x);
    for (float& value : x) value += 16.0F;
    const Pca::Distances shifted = pca.measure(x);
    EXPECT_GT(shifted.t2, 100.0F);
    EXPECT_GT(shifted.t2, 20.0F * ordinary.t2);
}

// One channel of lags, newest first.
double share_of_strange(int count, const std::function<float(int)>& next) {
    constexpr std::size_t lags = 8;
    constexpr int warmup = 300;
    const auto model = make_model("pca", lags, warmup);
    std::array<float, lags> x{};
    for (int i = 0; i < 8; ++i) x[static_cast<std::size_t>(7 - i)] = next(i - 8);
    int strange = 0;
    for (int i = 0; i < count; ++i) {
        std::rotate(x.rbegin(), x.rbegin() + 1, x.rend());
        x[0] = next(i);
        if (model->score(x).score >= 0.8F) ++strange;
        model->learn(x);
    }
    return static_cast<double>(strange) / (count - warmup);
}

// Young and old, the default rule's mark keeps its meaning.
void expect_few_strange(const char* what, const std::function<float(int)>& next) {
    for (const int count : {2000, 50'000}) EXPECT_LT(share_of_strange(count, next), 0.005) << what << ", " << count;
}

TEST(Threshold, carries_over_white_noise) {
    Random random(seed);
    expect_few_strange("white noise", [&](int) { return random.normal(); });
}

TEST(Threshold, carries_over_autoregressive_streams) {
    Random random(seed);
    for (const float memory : {0.5F, 0.9F, 0.99F}) {
        float value = random.normal();
        const float fresh = std::sqrt(1.0F - memory * memory);
        expect_few_strange("AR(1)", [&](int) { return value = memory * value + fresh * random.normal(); });
    }
}

TEST(Threshold, carries_over_periodic_streams) {
    Random random(seed);
    for (const double period : {7.0, 288.0}) {
        expect_few_strange("sine", [&](int i) {
            return static_cast<float>(1.4 * std::sin(2.0 * 3.14159265358979 * i / period)) + 0.1F * random.normal();
        });
    }
    expect_few_strange("square wave", [](int i) { return (i + 1000) / 50 % 2 == 0 ? 1.0F : -1.0F; });
}

TEST(Threshold, carries_over_heavy_tails) {
    Random random(seed);
    expect_few_strange("cubed noise", [&](int) {
        const float value = random.normal();
        return value * value * value / 4.0F;
    });
}

}  // namespace
}  // namespace redshank
