#include "agent/check.hpp"

#include <vector>

#include "agent/budget.hpp"
#include "agent/json_writer.hpp"

namespace redshank {

namespace {

constexpr std::size_t name_width = 34;
constexpr std::size_t bytes_width = 14;

// "12,345,678"
std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

std::string line(const std::string& name, std::uint64_t bytes) {
    const std::string number = grouped(bytes);
    const std::string left = "  " + name + std::string(name_width - std::min(name_width, name.size()), ' ');
    return left + std::string(bytes_width - std::min(bytes_width, number.size()), ' ') + number + "\n";
}

std::string block(const std::string& title, const std::vector<BudgetLine>& lines) {
    std::string text = title + ", bytes\n";
    for (const BudgetLine& each : lines) text += line(each.part, each.bytes);
    return text + line("together", sum_of(lines));
}

void put(JsonWriter& json, std::string_view name, const std::vector<BudgetLine>& lines) {
    json.key(name).begin_object().member("budget_bytes", sum_of(lines)).key("parts").begin_object();
    for (const BudgetLine& each : lines) json.member(each.part, each.bytes);
    json.end_object().end_object();
}

}  // namespace

std::string check_page(const Settings& settings, const std::string& file) {
    const InboxTime time = inbox_time(settings);
    return file + ": good\n" + block("memory", memory_budget(settings)) + block("disk", disk_budget(settings)) +
           "inbox holds " + std::to_string(time.seconds) + " s at " + grouped(time.messages_per_second) +
           " messages/s of " + std::to_string(time.payload_bytes) + " bytes\n";
}

std::string check_json(const Settings& settings, const std::string& file) {
    const InboxTime time = inbox_time(settings);
    std::vector<char> room((16U << 10U) + 6 * file.size());
    JsonWriter json(room);
    json.begin_object().member("file", file).member("id", settings.agent.id);
    put(json, "memory", memory_budget(settings));
    put(json, "disk", disk_budget(settings));
    json.key("inbox").begin_object().member("bytes", settings.capacities.inbox_bytes).member("seconds", time.seconds);
    json.member("messages_per_second", time.messages_per_second).member("payload_bytes", time.payload_bytes);
    json.end_object().end_object();
    return std::string(json.text()) + "\n";
}

}  // namespace redshank
