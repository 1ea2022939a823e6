#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "drivers/signature.hpp"
#include "drivers/uplink/curve_key_file.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

// `redshank keygen`, the program.

namespace redshank {
namespace {

class Keygen : public testing::Test {
protected:
    int run(const std::vector<std::string>& arguments) {
        std::vector<std::string> argv{REDSHANK_PROGRAM, "keygen"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        test::ChildProcess program(argv);
        const int code = program.wait(std::chrono::seconds(60)).value_or(-1);
        output_ = program.output();
        errors_ = program.errors();
        return code;
    }

    std::string mode_of(const std::string& name) const {
        struct stat about {};
        if (stat(name.c_str(), &about) != 0) return "none";
        std::string mode;
        for (const unsigned shift : {6U, 3U, 0U}) mode += std::to_string(about.st_mode >> shift & 7U);
        return mode;
    }

    test::TemporaryDirectory directory_;
    std::string file_ = (directory_ / "uplink.key").string();
    std::string output_;
    std::string errors_;
};

TEST_F(Keygen, makes_a_pair_that_fits_with_the_secret_for_its_owner_alone) {
    const mode_t before = umask(0);
    EXPECT_EQ(run({file_}), 0) << errors_;
    umask(before);
    EXPECT_EQ(mode_of(file_), "600");
    EXPECT_EQ(test::read_text(file_ + ".pub"), output_);
    ASSERT_TRUE(output_.ends_with('\n'));
    const auto secret = wire::read_curve_secret_key(file_);
    ASSERT_TRUE(secret.has_value()) << secret.error();
    EXPECT_EQ(wire::text_of(secret->public_key()) + "\n", output_);
    EXPECT_EQ(output_.find(secret->text().substr(13)), std::string::npos);
    EXPECT_EQ(errors_, "");
}

TEST_F(Keygen, replaces_neither_file) {
    ASSERT_EQ(run({file_}), 0);
    const std::string secret = test::read_text(file_);
    EXPECT_EQ(run({file_}), 1);
    EXPECT_NE(errors_.find("is there already"), std::string::npos) << errors_;
    EXPECT_EQ(output_, "");
    EXPECT_EQ(test::read_text(file_), secret);
    std::filesystem::remove(file_);
    EXPECT_EQ(run({file_}), 1) << "the public one is in its way";
    EXPECT_EQ(mode_of(file_), "none");
    std::filesystem::remove(file_ + ".pub");
    std::filesystem::create_symlink(directory_ / "elsewhere", file_);
    EXPECT_EQ(run({file_}), 1) << "a link to nothing is in its way as well";
    EXPECT_FALSE(std::filesystem::exists(directory_ / "elsewhere"));
}

TEST_F(Keygen, says_the_public_half_as_json) {
    ASSERT_EQ(run({file_, "--json"}), 0);
    const std::string shown = test::read_text(file_ + ".pub");
    EXPECT_EQ(output_, "{\"kind\":\"curve\",\"public_key\":\"" + shown.substr(0, shown.size() - 1) +
                           "\",\"secret_file\":\"" + file_ + "\",\"public_file\":\"" + file_ + ".pub\"}\n");
}

TEST_F(Keygen, still_makes_the_pair_that_signs_models) {
    ASSERT_EQ(run({"--sign", file_}), 0);
    EXPECT_TRUE(output_.starts_with("ed25519-public:")) << output_;
    EXPECT_TRUE(parse_public_key(output_.substr(0, output_.size() - 1)));
    EXPECT_TRUE(test::read_text(file_).starts_with("ed25519-secret:"));
}

TEST_F(Keygen, wants_exactly_one_of_its_pairs) {
    EXPECT_EQ(run({}), 2);
    EXPECT_EQ(run({file_, "--sign", file_ + "2"}), 2);
    EXPECT_EQ(mode_of(file_), "none");
}

}  // namespace
}  // namespace redshank
