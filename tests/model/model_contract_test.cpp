#include "tests/model/model_contract.hpp"

#include <cstdlib>
#include <new>

namespace redshank::contract {

std::atomic<std::uint64_t> allocations = 0;

namespace {

std::vector<Case> of_all_sizes(const std::string& name) {
    std::vector<Case> cases;
    for (const std::size_t inputs : {1, 2, 3, 8, 15, 16}) cases.push_back({name, inputs, 300});
    cases.push_back({name, 8, 0});
    cases.push_back({name, 8, 1});
    return cases;
}

std::string label(const testing::TestParamInfo<Case>& info) {
    return testing::PrintToString(info.param);
}

INSTANTIATE_TEST_SUITE_P(Pca, ModelContract, testing::ValuesIn(of_all_sizes("pca")), label);
INSTANTIATE_TEST_SUITE_P(Auto, ModelContract, testing::Values(Case{"auto", 8, 300}), label);

TEST(Models, auto_is_the_pca) {
    const auto model = make_model("auto", 8, 300);
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->name(), "pca");
}

TEST(Models, an_unknown_name_gives_none) {
    EXPECT_EQ(make_model("pcb", 8, 300), nullptr);
    EXPECT_EQ(make_model("", 8, 300), nullptr);
    EXPECT_EQ(snapshot_bytes_max("pcb"), 0U);
}

}  // namespace
}  // namespace redshank::contract

namespace {

void* counted(std::size_t size) {
    redshank::contract::allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void* counted(std::size_t size, std::align_val_t alignment) {
    redshank::contract::allocations.fetch_add(1, std::memory_order_relaxed);
    const auto step = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return counted(size, alignment);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
