#include "model/learners.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/model/learner_contract.hpp"

namespace redshank::contract {
namespace {

std::string as_test_name(std::string_view name) {
    std::string result(name);
    std::replace(result.begin(), result.end(), '-', '_');
    return result;
}

std::vector<LearnerCase> all_regressors() {
    std::vector<LearnerCase> cases;
    for (const std::string_view name : regressor_names) {
        for (const std::size_t inputs : {1U, 8U, 13U}) {
            cases.push_back(regressor_case(as_test_name(name), inputs, inputs <= 8 ? 1024 : 4096,
                                           [name](std::size_t count) { return make_regressor(name, count); }));
        }
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Regressors, LearnerContract, testing::ValuesIn(all_regressors()), name_of);

TEST(Learners, an_unknown_name_or_no_input_gives_none) {
    EXPECT_EQ(make_regressor("oracle", 8), nullptr);
    EXPECT_EQ(make_regressor("linear", 0), nullptr);
    EXPECT_EQ(make_regressor("linear", features_max + 1), nullptr);
}

TEST(Learners, each_has_the_name_it_was_made_by) {
    for (const std::string_view name : regressor_names) EXPECT_EQ(make_regressor(name, 4)->name(), name);
}

}  // namespace
}  // namespace redshank::contract
