#include "drivers/mqtt_lines_reader.hpp"

#include <simdjson.h>
#include <sodium.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "drivers/line_reader.hpp"

namespace redshank {

namespace {

namespace dom = simdjson::dom;

std::optional<RecordKind> kind_of(std::string_view event) noexcept {
    if (event == "message") return RecordKind::message;
    if (event == "connected") return RecordKind::connected;
    if (event == "disconnected") return RecordKind::disconnected;
    if (event == "subscribed") return RecordKind::subscribed;
    if (event == "tick") return RecordKind::tick;
    if (event == "down") return RecordKind::down;
    if (event == "flush") return RecordKind::flush;
    if (event == "alert_command") return RecordKind::alert;
    return std::nullopt;
}

void as_bytes(std::string_view text, std::vector<std::byte>& out) {
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    out.assign(bytes.begin(), bytes.end());
}

bool from_base64(std::string_view text, std::vector<std::byte>& out) {
    out.resize(text.size() / 4 * 3);
    if (out.empty()) return text.empty();
    std::size_t size = 0;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                                         text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
    out.resize(size);
    return failed == 0;
}

template <class T>
bool whole_number(dom::element value, std::int64_t most, T& out) noexcept {
    std::int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS || number < 0 || number > most) return false;
    out = static_cast<T>(number);
    return true;
}

// true and false, or 1 and 0.
bool flag(dom::element value, bool& out) noexcept {
    if (value.get(out) == simdjson::SUCCESS) return true;
    return whole_number(value, 1, out);
}

class FileMqttLinesReader final : public MqttLinesReader {
public:
    explicit FileMqttLinesReader(LineReader lines) : lines_(std::move(lines)) {}

    Outcome<bool> next(RecordedEvent& event) override {
        if (ended_) return false;
        auto read = read_line(event);
        while (read && *read && gap_.is) {
            missing_ += gap_.count;
            read = read_line(event);
        }
        ended_ = !read || !*read;
        return read;
    }

    std::uint64_t missing() const noexcept override { return missing_; }

private:
    Outcome<bool> read_line(RecordedEvent& event) {
        std::string_view line;
        do {
            auto read = lines_.next(line);
            if (!read || !*read) return read;
        } while (line.find_first_not_of(" \t") == std::string_view::npos);

        dom::object members;
        if (const auto error = parser_.parse(line.data(), line.size()).get(members); error != simdjson::SUCCESS) {
            return lines_.fails(std::string("not a JSON object: ") + simdjson::error_message(error));
        }
        event = RecordedEvent{};
        seen_ = {};
        gap_ = {};
        for (const auto member : members) {
            if (!read_member(member.key, member.value, event)) {
                return lines_.fails("'" + std::string(member.key) + "' has no value that it can have");
            }
        }
        if (!seen_.time) return lines_.fails("'t' is missing");
        if (event.kind == RecordKind::message && !seen_.topic && !gap_.is) return lines_.fails("'topic' is missing");
        if (seen_.payload && seen_.payload_b64) return lines_.fails("'payload' and 'payload_b64' exclude each other");
        event.written_ns = event.time_ns;
        event.time_ns = latest_ns_ = std::max(latest_ns_, event.time_ns);
        return true;
    }

    bool read_member(std::string_view key, dom::element value, RecordedEvent& event) {
        std::string_view text;
        const bool is_text = value.get(text) == simdjson::SUCCESS;
        if (key == "t") {
            seen_.time = true;
            return value.get(event.time_ns) == simdjson::SUCCESS;
        }
        if (key == "broker") {
            event.broker = text;
            return is_text;
        }
        if (key == "topic") {
            seen_.topic = true;
            event.topic = text;
            return is_text;
        }
        if (key == "payload") {
            seen_.payload = true;
            if (is_text) as_bytes(text, event.payload);
            return is_text;
        }
        if (key == "payload_b64") {
            seen_.payload_b64 = true;
            return is_text && from_base64(text, event.payload);
        }
        if (key == "count") {
            if (value.get(gap_.count) != simdjson::SUCCESS) gap_.count = 0;  // beside "gap" alone it says something
            return true;
        }
        if (key == "event") {
            gap_.is = is_text && text == "gap";
            if (gap_.is) return true;
            const auto kind = is_text ? kind_of(text) : std::nullopt;
            event.kind = kind.value_or(RecordKind::message);
            return kind.has_value();
        }
        if (key == "qos") return whole_number(value, 2, event.qos);
        if (key == "id") return whole_number(value, UINT16_MAX, event.packet_id);
        if (key == "retain") return flag(value, event.retain);
        if (key == "dup") return flag(value, event.duplicate);
        if (key == "session_present") return flag(value, event.session_present);
        return true;
    }

    struct Seen {
        bool time = false;
        bool topic = false;
        bool payload = false;
        bool payload_b64 = false;
    };

    struct Gap {
        bool is = false;
        std::uint64_t count = 0;
    };

    LineReader lines_;
    dom::parser parser_;
    Seen seen_;
    Gap gap_;
    std::uint64_t missing_ = 0;
    std::int64_t latest_ns_ = std::numeric_limits<std::int64_t>::min();
    bool ended_ = false;
};

}  // namespace

Outcome<std::unique_ptr<MqttLinesReader>> MqttLinesReader::open(const std::filesystem::path& path) {
    auto lines = LineReader::open(path);
    if (!lines) return failure(lines.error());
    return std::make_unique<FileMqttLinesReader>(std::move(*lines));
}

}  // namespace redshank
