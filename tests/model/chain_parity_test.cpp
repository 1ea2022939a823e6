#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "model/discriminant_analysis.hpp"
#include "model/k_means.hpp"
#include "model/pca.hpp"
#include "model/standardiser.hpp"
#include "tests/model/chain_rows.hpp"

// Standardise, project, cluster, one row at a time, against scikit-learn: StandardScaler, PCA and
// KMeans over all rows at once, and IncrementalPCA and MiniBatchKMeans ("online") in one pass by batches of 60.
namespace redshank {
namespace {

#include "tests/model/chain_fixture.inc"

using Row4 = std::array<float, chain::inputs>;

constexpr float steps_of_one = 4096.0F;  // the rows are in such steps: whole numbers for the standardiser

std::int64_t value_q8(float x) {
    return static_cast<std::int64_t>(x * steps_of_one) * 256;
}

// The online standardisers after one pass.
struct Standardisers {
    explicit Standardisers(const std::vector<chain::Row>& rows) {
        for (const chain::Row& row : rows) learn(row);
    }
    Standardisers() = default;
    void learn(const chain::Row& row) {
        for (std::size_t i = 0; i < chain::inputs; ++i) each[i].learn(value_q8(row.x[i]));
    }
    Row4 of(const chain::Row& row) const {
        Row4 result{};
        for (std::size_t i = 0; i < chain::inputs; ++i) {
            result[i] = static_cast<float>(each[i].standardise(value_q8(row.x[i])).raw()) / 65536.0F;
        }
        return result;
    }
    std::array<Standardiser, chain::inputs> each;
};

Row4 standardised_by_batch(const chain::Row& row) {
    Row4 result{};
    for (std::size_t i = 0; i < chain::inputs; ++i) {
        result[i] = static_cast<float>((static_cast<double>(row.x[i]) - scaler_means[i]) / scaler_deviations[i]);
    }
    return result;
}

std::array<float, 2> projected(const Pca& pca, const Row4& row) {
    std::array<float, 2> result{};
    for (std::size_t k = 0; k < 2; ++k) {
        for (std::size_t i = 0; i < chain::inputs; ++i) {
            const auto at = static_cast<Eigen::Index>(i);
            result[k] += pca.components()(at, static_cast<Eigen::Index>(k)) * (row[i] - pca.mean()[at]);
        }
    }
    return result;
}

// Hubert and Arabie (1985): 1 for the same partition, 0 for one by chance.
double adjusted_rand_index(std::string_view a, std::string_view b) {
    std::array<std::array<double, 3>, 3> both{};
    std::array<double, 3> of_a{};
    std::array<double, 3> of_b{};
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto k = static_cast<std::size_t>(a[i] - '0');
        const auto l = static_cast<std::size_t>(b[i] - '0');
        ++both[k][l];
        ++of_a[k];
        ++of_b[l];
    }
    const auto pairs = [](double n) { return n * (n - 1) / 2; };
    double sum = 0;
    double sum_a = 0;
    double sum_b = 0;
    for (std::size_t k = 0; k < 3; ++k) {
        for (const double n : both[k]) sum += pairs(n);
        sum_a += pairs(of_a[k]);
        sum_b += pairs(of_b[k]);
    }
    const double chance = sum_a * sum_b / pairs(static_cast<double>(a.size()));
    return (sum - chance) / ((sum_a + sum_b) / 2 - chance);
}

template <class Label>
std::string labels_of(const std::vector<chain::Row>& rows, const Label& label) {
    std::string labels;
    for (const chain::Row& row : rows) labels += static_cast<char>('0' + label(row));
    return labels;
}

TEST(ChainParity, standardiser_within_a_millionth) {
    constexpr double units_of_one = 4096.0 * 256.0;
    const Standardisers online(chain::rows());
    for (std::size_t i = 0; i < chain::inputs; ++i) {
        const Spread spread = online.each[i].spread();
        EXPECT_NEAR(spread.mean / units_of_one, scaler_means[i], 1e-6 * scaler_deviations[i]) << i;
        EXPECT_NEAR(spread.deviation / units_of_one, scaler_deviations[i], 1e-6 * scaler_deviations[i]) << i;
    }
}

// Of a component of the reference, the length that lies in the plane of ours.
double share_in_plane(const Pca& pca, const std::array<double, 2 * chain::inputs>& components, std::size_t k) {
    double inside = 0;
    for (Eigen::Index own = 0; own < 2; ++own) {
        double product = 0;
        for (std::size_t i = 0; i < chain::inputs; ++i) {
            product += components[k * chain::inputs + i] *
                       static_cast<double>(pca.components()(static_cast<Eigen::Index>(i), own));
        }
        inside += product * product;
    }
    return std::sqrt(inside);
}

TEST(ChainParity, principal_components_within_one_degree_and_their_variance_within_one_percent) {
    const auto rows = chain::rows();
    Pca pca(chain::inputs);
    for (const chain::Row& row : rows) pca.learn(standardised_by_batch(row));

    for (const auto& components : {pca_components, online_pca_components}) {
        for (std::size_t k = 0; k < 2; ++k) EXPECT_GT(share_in_plane(pca, components, k), std::cos(3.14159265 / 180));
    }
    double square = 0;
    for (const chain::Row& row : rows) {
        for (const float value : projected(pca, standardised_by_batch(row))) {
            square += static_cast<double>(value) * static_cast<double>(value);
        }
    }
    for (const auto& variances : {pca_variances, online_pca_variances}) {
        const double both = variances[0] + variances[1];
        EXPECT_NEAR(square / static_cast<double>(rows.size() - 1), both, 0.01 * both);
    }
}

TEST(ChainParity, k_means_inertia_within_one_percent) {
    const auto rows = chain::rows();
    KMeans<4, 3> k_means(chain::inputs);
    for (const chain::Row& row : rows) k_means.learn(standardised_by_batch(row));
    double inertia = 0;
    for (const chain::Row& row : rows) inertia += static_cast<double>(k_means.distance(standardised_by_batch(row)));
    RecordProperty("inertia_over_batch", std::to_string(inertia / inertia_of_inputs));
    EXPECT_LT(inertia, 1.01 * inertia_of_inputs);
    EXPECT_LT(inertia, 1.01 * online_inertia_of_inputs);
}

TEST(ChainParity, discriminant_analysis_decides_alike_in_all_but_one_row_of_two_hundred) {
    const auto rows = chain::rows();
    DiscriminantAnalysis<4, 3> lda(chain::inputs, 3);
    std::array<Row4, chain::rows_all> room{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        room[i] = standardised_by_batch(rows[i]);
        lda.learn({room[i]}, rows[i].cluster);
    }
    int alike = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) alike += lda.classify({room[i]}) == lda_labels[i] - '0' ? 1 : 0;
    RecordProperty("alike", alike);
    EXPECT_GE(alike, chain::rows_all - 3);
}

TEST(ChainParity, stage_by_stage_the_chain_finds_the_clusters_of_the_batch) {
    const auto rows = chain::rows();
    const Standardisers standardisers(rows);
    Pca pca(chain::inputs);
    for (const chain::Row& row : rows) pca.learn(standardisers.of(row));
    KMeans<4, 3> k_means(2);
    for (const chain::Row& row : rows) k_means.learn(projected(pca, standardisers.of(row)));
    const std::string labels = labels_of(
        rows, [&](const chain::Row& row) { return k_means.nearest(projected(pca, standardisers.of(row))).label; });
    for (const std::string_view reference : {chain_labels, online_chain_labels}) {
        const double index = adjusted_rand_index(labels, reference);
        RecordProperty("adjusted_rand_index", std::to_string(index));
        EXPECT_GE(index, 0.95);
    }
}

// A stage is fed once the one before has settled; all learn each row once and go on.
TEST(ChainParity, in_one_pass_the_chain_finds_the_clusters_of_the_batch) {
    const auto rows = chain::rows();
    Standardisers standardisers;
    Pca pca(chain::inputs);
    KMeans<4, 3> k_means(2);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        standardisers.learn(rows[i]);
        if (i >= 32) pca.learn(standardisers.of(rows[i]));
        if (i >= 128) k_means.learn(projected(pca, standardisers.of(rows[i])));
    }
    const std::string labels = labels_of(
        rows, [&](const chain::Row& row) { return k_means.nearest(projected(pca, standardisers.of(row))).label; });
    for (const std::string_view reference : {chain_labels, online_chain_labels}) {
        const double index = adjusted_rand_index(labels, reference);
        RecordProperty("adjusted_rand_index", std::to_string(index));
        EXPECT_GE(index, 0.95);
    }
}

}  // namespace
}  // namespace redshank
