#include "drivers/uplink/curve_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "drivers/uplink/curve_key_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace redshank::test {
namespace {

using wire::CurveSecretKey;
using wire::parse_curve_public_key;

TEST(CurveKey, a_pair_survives_its_texts) {
    const CurveSecretKey key = CurveSecretKey::generate();
    const std::string shown = wire::text_of(key.public_key());
    const std::string secret = key.text();
    EXPECT_EQ(shown.size(), 53U);
    EXPECT_TRUE(shown.starts_with("curve-public:")) << shown;
    EXPECT_TRUE(secret.starts_with("curve-secret:"));
    EXPECT_EQ(parse_curve_public_key(shown), key.public_key());
    EXPECT_EQ(parse_curve_public_key(shown.substr(13)), key.public_key()) << "as ZeroMQ's tools print it";
    const auto again = CurveSecretKey::parse(secret);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_TRUE(CurveSecretKey::parse(secret.substr(13)));
    EXPECT_NE(CurveSecretKey::generate().text(), secret);
}

TEST(CurveKey, the_pair_that_zeromq_gives_as_an_example_is_one) {
    const auto secret = CurveSecretKey::parse("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");  // zmq_curve(7)
    ASSERT_TRUE(secret);
    EXPECT_EQ(wire::text_of(secret->public_key()), "curve-public:rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
}

TEST(CurveKey, what_is_no_key_is_none_and_a_secret_is_no_public_one) {
    const CurveSecretKey key = CurveSecretKey::generate();
    const std::string shown = wire::text_of(key.public_key());
    EXPECT_FALSE(parse_curve_public_key(""));
    EXPECT_FALSE(parse_curve_public_key("curve-public:"));
    EXPECT_FALSE(parse_curve_public_key(key.text()));
    EXPECT_FALSE(CurveSecretKey::parse(shown));
    EXPECT_FALSE(parse_curve_public_key(shown + "0"));
    EXPECT_FALSE(parse_curve_public_key(shown.substr(0, 52)));
    EXPECT_FALSE(parse_curve_public_key(" " + shown));
    for (const char wrong : {' ', '"', '\\', '~', '\x01', '\xc3'}) {
        EXPECT_FALSE(parse_curve_public_key(shown.substr(0, 52) + wrong)) << wrong;
    }
    EXPECT_FALSE(parse_curve_public_key("curve-public:" + std::string(40, '#'))) << "five digits above 2^32";
    EXPECT_FALSE(parse_curve_public_key("curve-public:" + std::string(40, '0'))) << "of small order: no secret fits";
    EXPECT_TRUE(wire::is_secret_key_text(key.text()));
    EXPECT_TRUE(wire::is_secret_key_text("ed25519-secret:00"));
    EXPECT_FALSE(wire::is_secret_key_text(shown));
}

class CurveKeyFile : public testing::Test {
protected:
    std::string why_not(const std::string& text, mode_t mode = 0600) {
        const auto file = directory_ / "key";
        std::filesystem::remove(file);
        std::ofstream(file) << text;
        chmod(file.c_str(), mode);
        const auto read = wire::read_curve_secret_key(file);
        return read ? "" : read.error();
    }

    TemporaryDirectory directory_;
    std::string secret_ = CurveSecretKey::generate().text();
};

TEST_F(CurveKeyFile, is_read_with_or_without_an_end_of_line) {
    EXPECT_EQ(why_not(secret_), "");
    EXPECT_EQ(why_not(secret_ + "\r\n"), "");
    EXPECT_EQ(why_not(secret_.substr(13) + "\n", 0400), "");
}

TEST_F(CurveKeyFile, that_others_may_read_or_write_is_refused) {
    for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0644U}) {
        EXPECT_NE(why_not(secret_, mode).find("chmod 600"), std::string::npos) << mode;
    }
    EXPECT_TRUE(why_not(secret_, 0644).starts_with("has mode 0644:")) << why_not(secret_, 0644);
}

TEST_F(CurveKeyFile, with_anything_else_in_it_is_refused_and_its_content_never_shown) {
    const std::string shown = wire::text_of(CurveSecretKey::generate().public_key());
    EXPECT_EQ(why_not(shown + "\n"), "holds a public key; the secret one is needed");
    for (const std::string& text : {std::string(), std::string("\n"), secret_ + secret_, secret_ + "\n" + secret_,
                                    secret_ + " 7", secret_.substr(1), std::string(5'000, 'x')}) {
        EXPECT_EQ(why_not(text), "holds no secret key that `redshank keygen FILE` made");
    }
}

TEST_F(CurveKeyFile, that_is_not_there_or_no_file_says_so) {
    EXPECT_EQ(wire::read_curve_secret_key(directory_ / "none").error(), "cannot be read: No such file or directory");
    EXPECT_EQ(wire::read_curve_secret_key(directory_.path()).error(), "is no file");
    ASSERT_EQ(mkfifo((directory_ / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(wire::read_curve_secret_key(directory_ / "pipe").error(), "is no file");
}

}  // namespace
}  // namespace redshank::test
