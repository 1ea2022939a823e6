#include "agent/budget.hpp"

#include <gtest/gtest.h>

#include "agent/associations.hpp"
#include "agent/channel.hpp"
#include "agent/group.hpp"

namespace redshank {
namespace {

std::uint64_t part(const std::vector<BudgetLine>& lines, const std::string& name) {
    for (const BudgetLine& line : lines) {
        if (line.part == name) return line.bytes;
    }
    ADD_FAILURE() << "no part " << name;
    return 0;
}

TEST(Budget, every_limit_costs_memory) {
    const Settings before;
    const std::uint64_t sum = sum_of(memory_budget(before));
    for (std::size_t Capacities::*limit :
         {&Capacities::channels_max, &Capacities::groups_max, &Capacities::rule_states_max,
          &Capacities::fields_per_message_max, &Capacities::payload_bytes_max, &Capacities::results_max,
          &Capacities::alerts_max, &Capacities::redeliveries_max, &Capacities::inbox_bytes}) {
        Settings after = before;
        after.capacities.*limit *= 2;
        EXPECT_GT(sum_of(memory_budget(after)), sum);
    }
}

TEST(Budget, counts_what_the_tables_hold) {
    Settings settings;
    settings.capacities.channels_max = 1000;
    settings.capacities.groups_max = 1000;
    const auto lines = memory_budget(settings);
    EXPECT_GE(part(lines, "channels"), 1000 * sizeof(Channel));
    EXPECT_GE(part(lines, "groups and models"), 1000 * (sizeof(Group) + make_model("auto", 1, 1)->bytes()));
    EXPECT_GE(part(lines, "inbox (tmpfs)"), settings.capacities.inbox_bytes);
    EXPECT_GE(part(lines, "libraries"), 9'000'000U);
}

TEST(Budget, associations_cost_what_they_hold) {
    const Settings without;
    Settings with = without;
    with.associations.channels = {"#"};
    const Associations associations(with);
    EXPECT_EQ(part(memory_budget(without), "associations"), 0U);
    EXPECT_EQ(part(memory_budget(with), "associations"), associations.bytes());
    EXPECT_GE(state_disk_bytes(with), state_disk_bytes(without) + associations.written_bytes());
}

TEST(Budget, the_disk_is_shared_out_to_the_last_byte_however_small) {
    for (const std::uint64_t bytes : {1ULL << 20, 8'000'000ULL, 64ULL << 20, 1ULL << 40}) {
        Settings settings;
        settings.storage.bytes_max = bytes;
        EXPECT_EQ(sum_of(disk_budget(settings)), bytes);
    }
}

TEST(Budget, the_least_disk_holds_the_state_and_grows_with_it) {
    Settings settings;
    std::uint64_t before = 0;
    for (const std::size_t channels : {16, 256, 1000, 16384}) {
        settings.capacities.channels_max = settings.capacities.groups_max = channels;
        const std::uint64_t least = disk_bytes_least(settings);
        EXPECT_GT(least, before);
        settings.storage.bytes_max = least;
        EXPECT_GT(part(disk_budget(settings), "results"), 60'000U) << channels;
        EXPECT_EQ(part(disk_budget(settings), "state"), state_disk_bytes(settings));
        before = least;
    }
}

TEST(Budget, a_larger_inbox_lasts_longer) {
    Settings settings;
    const std::uint64_t before = inbox_time(settings).seconds;
    EXPECT_GT(before, settings.storage.loss_window_ns / 1'000'000'000 * 2) << "half an inbox must last a loss window";
    settings.capacities.inbox_bytes *= 4;
    EXPECT_NEAR(static_cast<double>(inbox_time(settings).seconds), static_cast<double>(4 * before), 4.0);
}

}  // namespace
}  // namespace redshank
