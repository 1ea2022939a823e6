#include "drivers/password_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

class PasswordFile : public testing::Test {
protected:
    std::filesystem::path write(const std::string& text, std::filesystem::perms mode) const {
        std::ofstream(file_, std::ios::binary) << text;
        std::filesystem::permissions(file_, mode);
        return file_;
    }
    std::string text_of(const std::string& text) const {
        const auto read = read_password(write(text, std::filesystem::perms{0600}));
        return read ? *read->text() : read.error().substr(file_.string().size());
    }

    TemporaryDirectory directory_;
    std::filesystem::path file_ = directory_ / "password";
};

TEST_F(PasswordFile, is_its_first_line) {
    EXPECT_EQ(text_of("secret\n"), "secret");
    EXPECT_EQ(text_of("secret"), "secret");
    EXPECT_EQ(text_of(" with blanks \r\nsecond\n"), " with blanks ");
    EXPECT_EQ(text_of("\n"), ": has no password in its first line");
    EXPECT_EQ(text_of(""), ": has no password in its first line");
    EXPECT_EQ(text_of(std::string(65535, 'x')).size(), 65535U);
    EXPECT_EQ(text_of(std::string(65536, 'x')), ": has a password of more than 65535 bytes");
}

TEST_F(PasswordFile, that_others_can_read_is_refused) {
    for (const int mode : {0640, 0604, 0660, 0611}) {
        const auto read = read_password(write("secret\n", std::filesystem::perms{static_cast<unsigned>(mode)}));
        ASSERT_FALSE(read) << mode;
        EXPECT_EQ(read.error(), file_.string() + ": is open to others than its owner: chmod 600");
    }
    EXPECT_TRUE(read_password(write("secret\n", std::filesystem::perms{0400})));
}

TEST_F(PasswordFile, that_is_missing_or_a_directory_is_refused) {
    EXPECT_EQ(read_password(directory_ / "none").error(),
              (directory_ / "none").string() + ": cannot be read: No such file or directory");
    EXPECT_EQ(read_password(directory_.path()).error(), directory_.path().string() + ": is not a file");
}

TEST_F(PasswordFile, a_wiped_secret_is_zeros_for_whoever_shares_it) {
    Secret secret("abc");
    const auto shared = secret.text();
    secret.wipe();
    EXPECT_EQ(*shared, std::string(3, '\0'));
}

}  // namespace
}  // namespace redshank::test
