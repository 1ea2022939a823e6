#include "tests/model/learner_contract.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/model/allocations.hpp"

namespace redshank::contract {

std::uint64_t RegressorSubject::predict(const Features& features, bool& sane) const noexcept {
    const float predicted = regressor_->predict(features);
    sane = sane && std::isfinite(predicted);
    return std::bit_cast<std::uint32_t>(predicted);
}

std::uint64_t ClassifierSubject::predict(const Features& features, bool& sane) const noexcept {
    std::array<float, classes_max> room{};
    const std::span<float> shares = std::span(room).first(classifier_->classes());
    classifier_->shares(features, shares);
    std::uint64_t bits = 0;
    float sum = 0;
    for (const float share : shares) {
        sane = sane && share >= 0.0F && share <= 1.001F;
        sum += share;
        bits = std::rotl(bits, 7) * 0x9e3779b97f4a7c15U + std::bit_cast<std::uint32_t>(share);
    }
    sane = sane && std::fabs(sum - 1.0F) < 1e-3F;
    return bits;
}

void ClassifierSubject::learn(const Features& features, float target) noexcept {
    const auto classes = static_cast<float>(classifier_->classes());
    const float actual = std::clamp(std::floor(target + classes / 2.0F), 0.0F, classes - 1.0F);
    classifier_->learn(features, static_cast<std::uint8_t>(actual));
}

namespace {

constexpr std::uint64_t seed = 20240229;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// One event after the other: something to learn, now and then missing values, which hold NaN.
class Stream {
public:
    explicit Stream(std::size_t inputs, std::uint64_t from = seed) : random_(from), inputs_(inputs) {}

    Features next() {
        std::uint64_t missing = 0;
        target = 0.1F * random_.normal();
        for (std::size_t i = 0; i < inputs_; ++i) {
            room_[i] = random_.normal();
            if (i < 4) target += room_[i];
            if (random_.next() % 23 == 0) {
                missing |= std::uint64_t{1} << i;
                room_[i] = not_a_number;
                if (i < 4) target = 0.5F;
            }
        }
        return {std::span<const float>(room_).first(inputs_), missing};
    }
    template <class Draw>
    Features each(const Draw& draw) {
        for (std::size_t i = 0; i < inputs_; ++i) room_[i] = draw();
        target = draw();
        return {std::span<const float>(room_).first(inputs_), 0};
    }
    Random& random() { return random_; }
    float target = 0;

private:
    Random random_;
    std::size_t inputs_;
    std::array<float, features_max> room_{};
};

void feed(Subject& subject, Stream& stream, int events) {
    for (int i = 0; i < events; ++i) {
        const Features features = stream.next();
        subject.learn(features, stream.target);
    }
}

std::vector<std::byte> snapshot_of(Subject& subject) {
    std::vector<std::byte> room(subject.learner().snapshot_bytes());
    ByteWriter out(room);
    subject.learner().snapshot(out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.used(), room.size());
    return room;
}

bool restored(Subject& subject, std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    return subject.learner().restore(in);
}

// Both go on with the same events and stay the same in every bit.
void expect_same_from_here(Subject& one, Subject& other, Stream& stream, int events) {
    bool sane = true;
    for (int i = 0; i < events; ++i) {
        const Features features = stream.next();
        ASSERT_EQ(one.predict(features, sane), other.predict(features, sane)) << "event " << i;
        one.learn(features, stream.target);
        other.learn(features, stream.target);
    }
    EXPECT_TRUE(sane);
    EXPECT_EQ(snapshot_of(one), snapshot_of(other));
}

}  // namespace

TEST_P(LearnerContract, same_input_gives_same_bytes) {
    const auto one = fresh();
    const auto other = fresh();
    Stream stream(GetParam().inputs);
    expect_same_from_here(*one, *other, stream, 2000);
}

TEST_P(LearnerContract, learning_changes_the_state_and_predicting_does_not) {
    const auto subject = fresh();
    Stream stream(GetParam().inputs);
    const auto empty = snapshot_of(*subject);
    feed(*subject, stream, 500);
    const auto before = snapshot_of(*subject);
    EXPECT_NE(before, empty);
    bool sane = true;
    for (int i = 0; i < 200; ++i) {
        const Features features = stream.next();
        ASSERT_EQ(subject->predict(features, sane), subject->predict(features, sane));
    }
    EXPECT_TRUE(sane);
    EXPECT_EQ(snapshot_of(*subject), before);
}

TEST_P(LearnerContract, snapshot_and_restore_continue_exactly) {
    for (const int at : {0, 1, 63, 700, 1500}) {
        SCOPED_TRACE(at);
        const auto original = fresh();
        Stream stream(GetParam().inputs);
        feed(*original, stream, at);
        const auto copy = fresh();
        Stream other_stream(GetParam().inputs, seed + 1);
        feed(*copy, other_stream, 100);  // what was there before leaves no trace
        ASSERT_TRUE(restored(*copy, snapshot_of(*original)));
        ASSERT_EQ(snapshot_of(*copy), snapshot_of(*original));
        expect_same_from_here(*original, *copy, stream, 500);
    }
}

TEST_P(LearnerContract, restore_takes_its_own_bytes_and_leaves_the_next_ones) {
    const auto subject = fresh();
    Stream stream(GetParam().inputs);
    feed(*subject, stream, 300);
    std::vector<std::byte> room(subject->learner().snapshot_bytes() + 8);
    ByteWriter out(room);
    out.put(std::uint32_t{7});
    subject->learner().snapshot(out);
    out.put(std::uint32_t{9});
    ASSERT_TRUE(out.ok());

    ByteReader in(out.written());
    EXPECT_EQ(in.get<std::uint32_t>(), 7U);
    EXPECT_TRUE(fresh()->learner().restore(in));
    EXPECT_EQ(in.get<std::uint32_t>(), 9U);
    EXPECT_EQ(in.left(), 0U);
}

TEST_P(LearnerContract, a_snapshot_without_room_says_so) {
    const auto subject = fresh();
    std::vector<std::byte> room(snapshot_of(*subject).size() - 1);
    ByteWriter out(room);
    subject->learner().snapshot(out);
    EXPECT_FALSE(out.ok());
}

TEST_P(LearnerContract, a_damaged_snapshot_is_refused_and_reset_makes_the_learner_whole) {
    const auto original = fresh();
    Stream stream(GetParam().inputs);
    feed(*original, stream, 900);
    const auto good = snapshot_of(*original);
    const auto empty = snapshot_of(*fresh());
    const auto subject = fresh();

    // Of a large snapshot a sample, with a step that is odd, so that it meets every place in a byte.
    const std::size_t cut_step = good.size() / 500 + 1;
    for (std::size_t size = 0; size < good.size(); size += cut_step) {
        ASSERT_FALSE(restored(*subject, std::span(good).first(size))) << "cut to " << size;
    }
    ASSERT_FALSE(restored(*subject, std::span(good).first(good.size() - 1)));
    const std::size_t bit_step = good.size() * 8 / 1000 | 1U;
    for (std::size_t bit = 0; bit < good.size() * 8; bit += bit_step) {
        auto flipped = good;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        ASSERT_FALSE(restored(*subject, flipped)) << "bit " << bit;
    }
    for (int i = 0; i < 20; ++i) {
        std::vector<std::byte> noise(good.size());
        for (std::byte& byte : noise) byte = static_cast<std::byte>(stream.random().next());
        ASSERT_FALSE(restored(*subject, noise));
    }
    subject->learner().reset();
    EXPECT_EQ(snapshot_of(*subject), empty);
    EXPECT_TRUE(restored(*subject, good));
    EXPECT_EQ(snapshot_of(*subject), good);
}

TEST_P(LearnerContract, a_snapshot_of_another_number_of_inputs_is_refused) {
    const auto subject = fresh();
    bool any = false;
    for (const std::size_t inputs : {std::size_t{1}, GetParam().inputs - 1, GetParam().inputs + 1}) {
        if (inputs == 0 || inputs > features_max || inputs == GetParam().inputs) continue;
        const auto other = GetParam().make(inputs);
        if (other == nullptr) continue;
        any = true;
        auto bytes = snapshot_of(*other);
        ASSERT_FALSE(restored(*subject, bytes)) << inputs;
        bytes.resize(subject->learner().snapshot_bytes());
        ASSERT_FALSE(restored(*subject, bytes)) << inputs;
    }
    EXPECT_TRUE(any);
}

TEST_P(LearnerContract, reset_equals_fresh) {
    const auto used = fresh();
    Stream before(GetParam().inputs, seed + 1);
    feed(*used, before, 2000);
    used->learner().reset();
    const auto untouched = fresh();
    ASSERT_EQ(snapshot_of(*used), snapshot_of(*untouched));
    Stream stream(GetParam().inputs);
    expect_same_from_here(*used, *untouched, stream, 500);
}

TEST_P(LearnerContract, predictions_are_sane_under_any_finite_input) {
    constexpr float most = std::numeric_limits<float>::max();
    constexpr float least = std::numeric_limits<float>::denorm_min();
    const std::array hostile{0.0F, -0.0F, 1.0F, -1.0F, 1e6F, -1e6F, 1e30F, -1e30F, most, -most, least, -least, 1e-30F};
    const auto check = [&](const char* what, auto&& draw) {
        const auto subject = fresh();
        Stream stream(GetParam().inputs);
        bool sane = true;
        for (int i = 0; i < 400; ++i) {
            const Features features = draw(stream, i);
            subject->predict(features, sane);
            subject->learn(features, stream.target);
            ASSERT_TRUE(sane) << what << ", event " << i;
        }
        // Whatever it went through, its state is one that restore takes.
        EXPECT_TRUE(restored(*fresh(), snapshot_of(*subject))) << what;
    };
    for (const float value : hostile) {
        check("constant", [&](Stream& stream, int) { return stream.each([&] { return value; }); });
        check("one in hundred", [&](Stream& stream, int i) {
            return i % 100 == 99 ? stream.each([&] { return value; }) : stream.next();
        });
    }
    check("mixed", [&](Stream& stream, int) {
        return stream.each([&] { return hostile[static_cast<std::size_t>(stream.random().next() % hostile.size())]; });
    });
    check("collinear", [&](Stream& stream, int) {
        const float value = stream.random().normal();
        return stream.each([&] { return value; });
    });
    check("alternating", [](Stream& stream, int i) { return stream.each([&] { return i % 2 == 0 ? 1e6F : -1e6F; }); });
    check("small", [](Stream& stream, int) { return stream.each([&] { return 1e-3F * stream.random().normal(); }); });
    check("any bits", [](Stream& stream, int) {
        return stream.each([&] {
            const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(stream.random().next()));
            return std::isfinite(value) ? value : 0.0F;
        });
    });
}

TEST_P(LearnerContract, a_missing_value_is_never_read) {
    const auto one = fresh();
    const auto other = fresh();
    Stream stream(GetParam().inputs);
    bool sane = true;
    for (int i = 0; i < 1000; ++i) {
        const Features features = stream.next();
        std::array<float, features_max> else_filled{};
        for (std::size_t k = 0; k < features.values.size(); ++k) {
            else_filled[k] = features.has(k) ? features.values[k] : 3e9F;
        }
        const Features same{std::span<const float>(else_filled).first(features.values.size()), features.missing};
        ASSERT_EQ(one->predict(features, sane), other->predict(same, sane)) << "event " << i;
        ASSERT_TRUE(sane);
        one->learn(features, stream.target);
        other->learn(same, stream.target);
    }
    EXPECT_EQ(snapshot_of(*one), snapshot_of(*other));
}

TEST_P(LearnerContract, nothing_is_allocated_after_construction) {
    const auto subject = fresh();
    std::vector<std::byte> room(subject->learner().snapshot_bytes());
    Stream stream(GetParam().inputs);
    bool sane = true;
    bool kept = true;

    const std::uint64_t before = allocations.load();
    for (int i = 0; i < 2000; ++i) {
        const Features features = stream.next();
        subject->predict(features, sane);
        subject->learn(features, stream.target);
        if (i % 500 == 0) {
            ByteWriter out(room);
            subject->learner().snapshot(out);
            ByteReader in(out.written());
            kept = kept && out.ok() && subject->learner().restore(in);
        }
    }
    subject->learner().reset();
    const std::uint64_t after = allocations.load();

    EXPECT_EQ(after, before);
    EXPECT_TRUE(kept);
    EXPECT_TRUE(sane);
    EXPECT_GT(before, 0U) << "the counter does not count";
}

TEST_P(LearnerContract, memory_and_snapshots_are_bounded) {
    const auto subject = fresh();
    Stream stream(GetParam().inputs);
    const std::size_t at_first = subject->learner().bytes();
    feed(*subject, stream, 2000);
    EXPECT_EQ(subject->learner().bytes(), at_first);
    EXPECT_GT(at_first, 0U);
    EXPECT_LE(at_first, GetParam().bytes_most);
    EXPECT_LE(subject->learner().snapshot_bytes(), at_first + 64);
    EXPECT_FALSE(subject->learner().name().empty());
}

}  // namespace redshank::contract
