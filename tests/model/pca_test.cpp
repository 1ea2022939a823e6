#include "model/pca.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "tests/model/long_stream.hpp"
#include "tests/model/random.hpp"

namespace redshank {
namespace {

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
    WITHOUT_SANITIZER();
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
    WITHOUT_SANITIZER();
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
            std::array<float, Lags::inputs_max> room{};
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

}  // namespace
}  // namespace redshank
