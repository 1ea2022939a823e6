#include "tests/model/model_contract.hpp"

namespace redshank::contract {

namespace {

std::vector<Case> of_all_sizes(const std::string& name) {
    std::vector<Case> cases;
    for (const std::size_t members : {1, 2, 3, 8, 15, 16}) cases.push_back({name, members, 300});
    cases.push_back({name, 8, 0});
    cases.push_back({name, 8, 1});
    return cases;
}

std::vector<Case> of_few_sizes(const std::string& name, std::size_t bytes_most) {
    std::vector<Case> cases;
    for (const std::size_t members : {1, 3, 8, 16}) cases.push_back({name, members, 300, bytes_most});
    cases.push_back({name, 8, 1, bytes_most});
    return cases;
}

std::string label(const testing::TestParamInfo<Case>& info) {
    std::string text = testing::PrintToString(info.param);
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

INSTANTIATE_TEST_SUITE_P(Pca, ModelContract, testing::ValuesIn(of_all_sizes("pca")), label);
INSTANTIATE_TEST_SUITE_P(Auto, ModelContract,
                         testing::Values(Case{"auto", 1, 300}, Case{"auto", 1, 0}, Case{"auto", 2, 300},
                                         Case{"auto", 3, 300}, Case{"auto", 8, 300}, Case{"auto", 8, 0},
                                         Case{"auto", 8, 1}, Case{"auto", 16, 300}, Case{"auto", 52, 300},
                                         Case{"auto", 64, 300}),
                         label);

INSTANTIATE_TEST_SUITE_P(HalfSpaceTrees, ModelContract, testing::ValuesIn(of_few_sizes("half-space-trees", 98'304)),
                         label);
INSTANTIATE_TEST_SUITE_P(KMeans, ModelContract, testing::ValuesIn(of_few_sizes("k-means", 8192)), label);
INSTANTIATE_TEST_SUITE_P(NeighbourDistance, ModelContract, testing::ValuesIn(of_few_sizes("knn-distance", 20'480)),
                         label);
INSTANTIATE_TEST_SUITE_P(Autoencoder, ModelContract, testing::ValuesIn(of_few_sizes("autoencoder", 4096)), label);

TEST(Models, auto_is_made_for_the_number_of_channels) {
    EXPECT_EQ(make_model("auto", 1, 300)->name(), "quantity");
    EXPECT_EQ(make_model("auto", 2, 300)->name(), "group");
}

TEST(Models, an_unknown_name_or_a_number_of_members_that_it_does_not_take_gives_none) {
    EXPECT_EQ(make_model("pcb", 8, 300), nullptr);
    EXPECT_EQ(make_model("", 8, 300), nullptr);
    for (const ModelKind& kind : model_kinds()) {
        EXPECT_NE(make_model(kind.name, 1, 300), nullptr);
        EXPECT_NE(make_model(kind.name, kind.members_most, 300), nullptr);
        EXPECT_EQ(make_model(kind.name, 0, 300), nullptr);
        EXPECT_EQ(make_model(kind.name, kind.members_most + 1, 300), nullptr);
    }
}

}  // namespace
}  // namespace redshank::contract
