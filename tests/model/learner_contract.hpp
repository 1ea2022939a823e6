#pragma once

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/learner.hpp"
#include "tests/model/random.hpp"

// What every learner keeps. The tests are in learner_contract_test.cpp; a learner joins from its own *_test.cpp by
//   INSTANTIATE_TEST_SUITE_P(Linear, LearnerContract, testing::Values(regressor_case("linear", 8, 256, make)),
//   name_of);
namespace redshank::contract {

// A learner under test, whatever it learns: an event has features and one number, which is the target or the class.
class Subject {
public:
    virtual ~Subject() = default;
    virtual Learner& learner() noexcept = 0;
    // The bits of the prediction; `sane` turns false when it is not finite, or shares are not shares.
    virtual std::uint64_t predict(const Features& features, bool& sane) const noexcept = 0;
    virtual void learn(const Features& features, float target) noexcept = 0;
};

class RegressorSubject final : public Subject {
public:
    explicit RegressorSubject(std::unique_ptr<Regressor> regressor) : regressor_(std::move(regressor)) {}
    Learner& learner() noexcept override { return *regressor_; }
    std::uint64_t predict(const Features& features, bool& sane) const noexcept override;
    void learn(const Features& features, float target) noexcept override { regressor_->learn(features, target); }

private:
    std::unique_ptr<Regressor> regressor_;
};

class ClassifierSubject final : public Subject {
public:
    explicit ClassifierSubject(std::unique_ptr<Classifier> classifier) : classifier_(std::move(classifier)) {}
    Learner& learner() noexcept override { return *classifier_; }
    std::uint64_t predict(const Features& features, bool& sane) const noexcept override;
    void learn(const Features& features, float target) noexcept override;

private:
    std::unique_ptr<Classifier> classifier_;
};

struct LearnerCase {
    std::string name;  // letters, digits and _ only
    std::size_t inputs = 1;
    std::size_t bytes_most = 0;
    std::function<std::unique_ptr<Subject>(std::size_t inputs)> make;  // nullptr: not with so many inputs

    friend std::ostream& operator<<(std::ostream& out, const LearnerCase& c) {
        return out << c.name << "_" << c.inputs << "_inputs";
    }
};

// make(inputs) -> std::unique_ptr<Regressor>, nullptr where it cannot.
template <class Make>
LearnerCase regressor_case(std::string name, std::size_t inputs, std::size_t bytes_most, Make make) {
    return {std::move(name), inputs, bytes_most, [make](std::size_t count) -> std::unique_ptr<Subject> {
                std::unique_ptr<Regressor> regressor = make(count);
                if (regressor == nullptr) return nullptr;
                return std::make_unique<RegressorSubject>(std::move(regressor));
            }};
}

template <class Make>
LearnerCase classifier_case(std::string name, std::size_t inputs, std::size_t bytes_most, Make make) {
    return {std::move(name), inputs, bytes_most, [make](std::size_t count) -> std::unique_ptr<Subject> {
                std::unique_ptr<Classifier> classifier = make(count);
                if (classifier == nullptr) return nullptr;
                return std::make_unique<ClassifierSubject>(std::move(classifier));
            }};
}

inline std::string name_of(const testing::TestParamInfo<LearnerCase>& info) {
    return info.param.name + "_" + std::to_string(info.param.inputs);
}

class LearnerContract : public testing::TestWithParam<LearnerCase> {
protected:
    std::unique_ptr<Subject> fresh() const { return GetParam().make(GetParam().inputs); }
};

}  // namespace redshank::contract
