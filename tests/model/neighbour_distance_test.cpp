#include "model/neighbour_distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include "tests/model/random.hpp"

namespace redshank {
namespace {

using Vector = std::array<float, 3>;

Vector drawn(Random& random) {
    return {random.normal(), 2.0F * random.normal(), random.uniform()};
}

// All distances, sorted.
double by_hand(const std::deque<Vector>& window, const Vector& x) {
    std::vector<double> squares;
    for (const Vector& other : window) {
        double square = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double difference = static_cast<double>(x[i]) - static_cast<double>(other[i]);
            square += difference * difference;
        }
        squares.push_back(square);
    }
    std::sort(squares.begin(), squares.end());
    const std::size_t count = std::min(squares.size(), NeighbourDistance::neighbours);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += squares[i];
    return sum / static_cast<double>(count);
}

TEST(NeighbourDistance, is_the_mean_square_to_the_nearest_of_the_window) {
    NeighbourDistance neighbours(3);
    std::deque<Vector> window;
    Random random(1);
    EXPECT_EQ(neighbours.distance(Vector{}), 0.0F);
    for (int i = 0; i < 1500; ++i) {
        const Vector x = drawn(random);
        if (i > 0) {
            const double expected = by_hand(window, x);
            // Steps of 1/512 in each of three differences.
            EXPECT_NEAR(static_cast<double>(neighbours.distance(x)), expected, 0.008 * std::sqrt(expected) + 1e-4) << i;
        }
        neighbours.learn(x);
        window.push_back(x);
        if (window.size() > NeighbourDistance::window) window.pop_front();
    }
}

TEST(NeighbourDistance, what_left_the_window_is_forgotten) {
    NeighbourDistance neighbours(3);
    for (std::size_t i = 0; i < NeighbourDistance::window; ++i) neighbours.learn(Vector{5.0F, 5.0F, 5.0F});
    EXPECT_EQ(neighbours.distance(Vector{5.0F, 5.0F, 5.0F}), 0.0F);
    for (std::size_t i = 0; i < NeighbourDistance::window; ++i) neighbours.learn(Vector{});
    EXPECT_NEAR(neighbours.distance(Vector{5.0F, 5.0F, 5.0F}), 75.0F, 0.1F);
}

TEST(NeighbourDistance, refuses_what_no_stream_leads_to) {
    NeighbourDistance neighbours(3);
    Random random(2);
    for (int i = 0; i < 10; ++i) neighbours.learn(drawn(random));
    std::vector<std::byte> bytes(neighbours.written_bytes());
    ByteWriter out(bytes);
    neighbours.write(out);
    ASSERT_EQ(out.used(), bytes.size());
    const auto reads = [](const std::vector<std::byte>& from) {
        NeighbourDistance copy(3);
        ByteReader in(from);
        return copy.read(in);
    };
    EXPECT_TRUE(reads(bytes));
    for (const std::size_t at : {0U, 2U}) {  // seen and next do not go together
        std::vector<std::byte> wrong = bytes;
        wrong[at] = std::byte{11};
        EXPECT_FALSE(reads(wrong));
    }
    std::vector<std::byte> beyond = bytes;
    beyond.back() = std::byte{1};  // of a slot that was never seen
    EXPECT_FALSE(reads(beyond));
    std::vector<std::byte> far = bytes;
    far[5] = std::byte{0x7f};  // beyond 16 deviations
    EXPECT_FALSE(reads(far));
    bytes.pop_back();
    EXPECT_FALSE(reads(bytes));
}

}  // namespace
}  // namespace redshank
