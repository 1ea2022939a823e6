#include "tests/house/include_directions.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <string_view>

namespace redshank::test {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

// A house of its own, with one file in it.
class MadeUpHouse {
public:
    MadeUpHouse() {
        std::string name = (fs::temp_directory_path() / "redshank-house-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw fs::filesystem_error("mkdtemp", std::error_code(errno, std::generic_category()));
        root_ = name;
    }
    ~MadeUpHouse() { fs::remove_all(root_); }
    MadeUpHouse(const MadeUpHouse&) = delete;
    MadeUpHouse& operator=(const MadeUpHouse&) = delete;

    std::string offences_with(const fs::path& file, std::string_view text) const {
        fs::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text;
        const std::string found = joined(include_offences(root_));
        fs::remove(root_ / file);
        return found;
    }
    const fs::path& root() const { return root_; }

private:
    fs::path root_;
};

TEST(IncludeDirections, point_down_only) {
    EXPECT_EQ(joined(include_offences(HOUSE_DIRECTORY)), "");
}

TEST(IncludeDirections, nothing_else_stands_at_the_top_level) {
    EXPECT_EQ(joined(strangers(HOUSE_DIRECTORY)), "");
}

TEST(IncludeDirections, an_offender_is_named_with_its_line) {
    const MadeUpHouse house;
    EXPECT_EQ(house.offences_with("storage/outbox.cpp", "#include <vector>\n\n#include \"drivers/clock.hpp\"\n"),
              "storage/outbox.cpp:3: storage/ may not include drivers/clock.hpp\n");
    EXPECT_EQ(house.offences_with("model/pca.hpp", "  #  include  <fstream> // why not\n"),
              "model/pca.hpp:1: model/ may not include fstream: it is pure\n");
}

TEST(IncludeDirections, every_arrow_of_the_table_is_watched) {
    const MadeUpHouse house;
    for (const auto& [file, header] :
         std::vector<std::pair<const char*, const char*>>{{"model/a.cpp", "\"storage/store.hpp\""},
                                                          {"model/a.cpp", "\"drivers/clock.hpp\""},
                                                          {"model/a.cpp", "<sys/stat.h>"},
                                                          {"storage/a.cpp", "\"agent/settings.hpp\""},
                                                          {"storage/sqlite/a.cpp", "\"storage/store.hpp\""},
                                                          {"drivers/a.cpp", "\"storage/store.hpp\""},
                                                          {"drivers/a.cpp", "\"drivers/uplink/wire.hpp\""},
                                                          {"drivers/uplink/a.cpp", "\"drivers/clock.hpp\""},
                                                          {"collector/a.cpp", "\"agent/settings.hpp\""},
                                                          {"collector/a.cpp", "\"drivers/clock.hpp\""},
                                                          {"collector/a.cpp", "\"storage/store.hpp\""},
                                                          {"agent/a.cpp", "\"collector/server.hpp\""},
                                                          {"agent/a.cpp", "\"tests/support/mosquitto.hpp\""},
                                                          {"agent/a.cpp", "\"settings.hpp\""}})
        EXPECT_NE(house.offences_with(file, "#include " + std::string(header) + "\n"), "") << file << " " << header;
}

TEST(IncludeDirections, every_third_party_header_has_its_folder) {
    const MadeUpHouse house;
    for (const auto& [file, header] :
         std::vector<std::pair<const char*, const char*>>{{"agent/a.cpp", "Eigen/Core"},
                                                          {"storage/a.cpp", "sqlite3.h"},
                                                          {"collector/a.cpp", "sqlite3.h"},
                                                          {"agent/a.cpp", "mqtt/async_client.h"},
                                                          {"agent/a.cpp", "MQTTAsync.h"},
                                                          {"agent/a.cpp", "simdjson.h"},
                                                          {"agent/a.cpp", "systemd/sd-daemon.h"},
                                                          {"agent/a.cpp", "gpiod.h"},
                                                          {"drivers/a.cpp", "zmq.h"},
                                                          {"collector/a.cpp", "zmq.hpp"},
                                                          {"drivers/a.cpp", "pb_encode.h"},
                                                          {"agent/a.cpp", "sodium.h"},
                                                          {"drivers/a.cpp", "toml++/toml.h"},
                                                          {"storage/a.cpp", "spdlog/spdlog.h"},
                                                          {"model/a.cpp", "fmt/core.h"},
                                                          {"drivers/a.cpp", "boost/asio.hpp"}})
        EXPECT_NE(house.offences_with(file, "#include <" + std::string(header) + ">\n"), "") << file << " " << header;
    EXPECT_EQ(
        house.offences_with("drivers/uplink/a.cpp", "#include <zmq.h>\n#include <pb.h>\n#include \"uplink.pb.h\"\n"),
        "");
    EXPECT_EQ(house.offences_with("agent/a.cpp", "#include <CLI/CLI.hpp>\n#include \"storage/store.hpp\"\n"), "");
}

TEST(IncludeDirections, a_stranger_at_the_top_level_is_named) {
    const MadeUpHouse house;
    std::ofstream(house.root() / "notes.txt") << "x";
    fs::create_directory(house.root() / "model");
    EXPECT_EQ(joined(strangers(house.root())), "notes.txt\n");
}

}  // namespace
}  // namespace redshank::test
