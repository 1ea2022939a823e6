#include "agent/status_report.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "agent/human_text.hpp"
#include "drivers/json_value.hpp"

namespace redshank {

namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t indent = 2;
constexpr std::size_t name_width = 12;

std::string line(const std::string& name, const std::string& text) {
    if (text.empty()) return name + "\n";
    return name + std::string(name_width - std::min(name_width - 1, name.size()), ' ') + text + "\n";
}

std::string under(const std::string& text) {
    return std::string(name_width, ' ') + text + "\n";
}

std::string text_of(const JsonValue& value) {
    return printable(value.text());
}

std::string one_or(const JsonValue& value, const char* yes, const char* no) {
    return value.is(true) ? yes : value.is(false) ? no : "";
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string text;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!text.empty()) text += between;
        text += part;
    }
    return text;
}

std::string prefixed(const char* before, const std::string& text) {
    return text.empty() ? "" : before + text;
}

std::uint64_t sum_of(const JsonValue& counts) {
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : counts.members()) sum += count.count();
    return sum;
}

// "30 retained, 10 invalid_json"
std::string reasons_text(const JsonValue& counts) {
    std::vector<std::string> parts;
    for (const auto& [reason, count] : counts.members()) {
        if (count.count() > 0) parts.push_back(count_text(count.count()) + " " + printable(reason));
    }
    return joined(parts, ", ");
}

// How long ago, on the status's own time line.
std::optional<std::string> age(const JsonValue& status, const JsonValue& since_ns) {
    const auto now = status["now_ns"].integer();
    const auto since = since_ns.integer();
    if (!now || !since || *since <= 0) return std::nullopt;
    return duration_text(*now > *since ? *now - *since : 0);
}

// Of those that the status shows: "brokers", or of an agent that has one, "mqtt".
std::vector<const JsonValue*> brokers_of(const JsonValue& status) {
    std::vector<const JsonValue*> brokers;
    for (const auto& [name, broker] : status["brokers"].members()) brokers.push_back(&broker);
    if (brokers.empty() && status["mqtt"].is_there()) brokers.push_back(&status["mqtt"]);
    return brokers;
}

std::string error_of(const JsonValue& broker) {
    return text_of(broker[broker["error"].is_there() ? "error" : "last_error"]);
}

std::string head(const JsonValue& status) {
    std::string text =
        "redshank" + prefixed(" ", text_of(status["id"])) + prefixed(", version ", text_of(status["version"]));
    if (const auto runs = age(status, status["started_ns"])) text += ", runs for " + *runs;
    if (status["boot"].is_there()) text += ", boot " + count_text(status["boot"].count());
    text += "\n";
    if (status["ready"].is(true)) return text + line("ready", "yes");
    if (!status["ready"].is(false)) return text;
    for (const JsonValue* broker : brokers_of(status)) {
        if (!(*broker)["connected"].is(false)) continue;
        return text + line("ready", "no, it waits for the broker" + prefixed(": ", error_of(*broker)));
    }
    return text + line("ready", "no, it is starting");
}

// "12 = 10 decoded + 2 rejected"
std::string equation(const JsonValue& whole, std::initializer_list<std::pair<const char*, std::uint64_t>> parts) {
    std::vector<std::string> shown;
    for (const auto& [name, count] : parts) shown.push_back(count_text(count) + " " + name);
    return count_text(whole.count()) + " = " + joined(shown, " + ");
}

std::string ledger(const JsonValue& status) {
    const JsonValue& ledger = status["ledger"];
    if (!ledger.is_there()) return "";
    const JsonValue& messages = ledger["rejected_messages"];
    const JsonValue& readings = ledger["rejected_readings"];
    std::string text = line("ledger", one_or(ledger["balanced"], "balanced", "NOT BALANCED: please report this"));
    text += line("  messages", equation(ledger["messages"], {{"decoded", ledger["decoded"].count()},
                                                             {"rejected", sum_of(messages)},
                                                             {"duplicate", ledger["duplicate"].count()},
                                                             {"waiting", ledger["waiting"].count()}}));
    if (const std::string why = reasons_text(messages); !why.empty()) text += under("rejected: " + why);
    const std::uint64_t open = ledger["open_readings"].count();
    text += line("  readings", equation(ledger["readings"],
                                        {{"counted", ledger["counted"].count()}, {"rejected", sum_of(readings)}}) +
                                   (open > 0 ? "; " + count_text(open) + " in open windows" : ""));
    if (const std::string why = reasons_text(readings); !why.empty()) text += under("rejected: " + why);
    text += line("  results", equation(ledger["made"], {{"delivered", ledger["delivered"].count()},
                                                        {"buffered", ledger["buffered"].count()},
                                                        {"merged", ledger["merged"].count()},
                                                        {"lost", sum_of(ledger["lost"])}}));
    if (const std::string why = reasons_text(ledger["lost"]); !why.empty()) text += under("lost: " + why);
    return text;
}

std::string sources(const JsonValue& status) {
    Rows rows;
    for (const auto& [name, source] : status["sources"].members()) {
        const JsonValue& last = source["last_rejected"];
        const std::uint64_t rejected = sum_of(source["rejected_messages"]);
        const std::string broker = text_of(source["broker"]);
        rows.push_back({(broker.empty() || broker == "mqtt" ? "" : broker + ": ") + text_of(source["topic"]),
                        counted_text(source["messages"].count(), "message", "messages"),
                        rejected == 0 ? "" : count_text(rejected) + " rejected",
                        last.is_there() ? "last " + text_of(last["reason"]) + ": " + text_of(last["topic"]) : ""});
    }
    return rows.empty() ? "" : "sources\n" + columns_text(rows, indent, {1, 2});
}

std::string brokers(const JsonValue& status) {
    Rows rows;
    for (const JsonValue* broker : brokers_of(status)) {
        const std::string name = text_of((*broker)["name"]);
        const bool main = name.empty() || name == "mqtt";
        const JsonValue& url = (*broker)["url"].is_there() || !main ? (*broker)["url"] : status["mqtt"]["url"];
        rows.push_back(
            {main ? "mqtt" : name, text_of(url), one_or((*broker)["connected"], "connected", "NOT CONNECTED"),
             (*broker)["messages"].is_there() ? counted_text((*broker)["messages"].count(), "message", "messages") : "",
             prefixed("last error: ", error_of(*broker))});
    }
    return rows.empty() ? "" : "brokers\n" + columns_text(rows, indent, {3});
}

std::string uplink(const JsonValue& status) {
    const JsonValue& uplink = status["uplink"];
    if (!uplink.is_there()) return "";
    const std::string backlog = counted_text(uplink["backlog_rows"].count(), "row waits", "rows wait");
    if (uplink["url"].is_there() && uplink["url"].text().empty()) {
        return line("uplink", "none is configured, " + backlog);
    }
    std::string text =
        line("uplink", joined({text_of(uplink["url"]), one_or(uplink["connected"], "connected", "NOT CONNECTED"),
                               one_or(uplink["encrypted"], "encrypted", "not encrypted"), backlog},
                              ", "));
    if (const std::string why = text_of(uplink["handshake_failure"]); !why.empty())
        text += under("last failure: " + why);
    if (const std::string said = text_of(uplink["last_report"]); !said.empty()) text += under("last report: " + said);
    return text;
}

std::string storage(const JsonValue& status) {
    const JsonValue& storage = status["storage"];
    if (!storage.is_there()) return "";
    std::string used = bytes_text(storage["bytes"].count());
    if (storage["bytes_max"].is_there()) used += " of " + bytes_text(storage["bytes_max"].count());
    std::string text = line("storage", joined({one_or(storage["durable"], "durable", "NOT DURABLE"), used,
                                               one_or(storage["room"], "room for results", "NO ROOM: results merge"),
                                               "inbox " + bytes_text(storage["inbox_bytes"].count())},
                                              ", "));
    if (storage["exposed_messages"].count() > 0) {
        text += under(count_text(storage["exposed_messages"].count()) + " messages were without a checkpoint");
    }
    if (storage["checkpoint_failures"].count() > 0) {
        text += under(counted_text(storage["checkpoint_failures"].count(), "checkpoint", "checkpoints") + " failed");
    }
    if (const std::string why = text_of(storage["last_error"]); !why.empty()) text += under("last error: " + why);
    return text;
}

std::string models(const JsonValue& status) {
    const JsonValue& groups = status["groups"];
    if (!groups.is_there()) return "";
    const auto part = [&groups](const char* state, const char* one, const char* many) {
        const std::uint64_t count = groups[state].count();
        return count == 0 ? "" : counted_text(count, one, many);
    };
    std::string text = counted_text(sum_of(groups), "group", "groups");
    const std::string parts = joined(
        {part("watching", "watches", "watch"), part("warming", "warms up", "warm up"),
         part("holding", "is held back while its alert fires", "are held back while their alerts fire"),
         part("following", "fires for longer than its hold and learns", "fire for longer than their hold and learn"),
         part("accepting", "was accepted and is not judged yet", "were accepted and are not judged yet")},
        ", ");
    text = line("models", text + prefixed(": ", parts));
    if (const std::string why = reasons_text(status["models"]["refused"]); !why.empty())
        text += under("refused: " + why);
    return text;
}

std::string alerts(const JsonValue& status) {
    if (!status["alerts"].is_there()) return "";
    Rows rows;
    for (const auto& [name, alert] : status["alerts"].members()) {
        if (alert["state"].text() != "firing") continue;
        const auto number = alert["value"].number();
        rows.push_back({text_of(alert["severity"]), text_of(alert["rule"]), text_of(alert["channel"]),
                        prefixed("for ", age(status, alert["since_ns"]).value_or("")),
                        number ? "value " + short_number_text(*number) : "",
                        alert["acknowledged_ns"].is_there() ? "acknowledged" : ""});
    }
    std::vector<std::string> parts{rows.empty() ? "none fires" : count_text(rows.size()) + " firing"};
    const auto add = [&](const char* key, const char* what) {
        if (status[key].count() > 0) parts.push_back(count_text(status[key].count()) + " " + what);
    };
    add("alerts_more", "more are not shown");
    add("alerts_waiting", "on their way");
    add("alerts_dropped", "dropped");
    if (const std::string held = reasons_text(status["alerts_held_back"]); !held.empty()) {
        parts.push_back("held back so far: " + held);
    }
    if (status["maintenance"]["on"].is(true)) parts.push_back("maintenance: nothing fires and nothing is learned");
    if (const std::size_t silences = status["silences"].members().size(); silences > 0) {
        parts.push_back(counted_text(silences, "silence", "silences"));
    }
    return line("alerts", joined(parts, ", ")) + columns_text(rows, indent);
}

std::string outputs(const JsonValue& status) {
    Rows rows;
    for (const auto& [name, output] : status["outputs"].members()) {
        const auto part = [&output](const char* key, const char* what) {
            return output[key].count() == 0 ? "" : count_text(output[key].count()) + " " + what;
        };
        rows.push_back({text_of(output["name"]), count_text(output["delivered"].count()) + " delivered",
                        part("failed", "failed"), part("timed_out", "timed out"), part("dropped", "dropped"),
                        part("waiting", "waiting"), prefixed("last error: ", text_of(output["last_error"]))});
    }
    return rows.empty() ? "" : "outputs\n" + columns_text(rows, indent, {1, 2, 3, 4, 5});
}

std::string clock(const JsonValue& status) {
    const JsonValue& clock = status["clock"];
    if (!clock.is_there()) return "";
    std::string text = one_or(clock["wall_trusted"], "trusted at start", "NOT TRUSTED: in the past at start");
    if (const auto offset = clock["offset_ns"].integer()) {
        constexpr std::int64_t ns_per_s = 1'000'000'000;
        text += text.empty() ? "" : ", ";
        text += *offset / ns_per_s == 0 ? "not moved since" : "moved by " + duration_text(*offset) + " since";
    }
    return line("clock", text);
}

std::string memory(const JsonValue& status) {
    std::vector<std::string> parts;
    if (const JsonValue& budget = status["memory"]["budget_bytes"]; budget.is_there()) {
        parts.push_back("budget " + bytes_text(budget.count()));
    }
    if (const JsonValue& heap = status["heap"]; heap.is_there()) {
        parts.push_back(
            counted_text(heap["allocations_after_start"].count(), "allocation after start", "allocations after start"));
        parts.push_back("libraries " + count_text(heap["library_allocations_after_start"].count()));
    }
    return parts.empty() ? "" : line("memory", joined(parts, ", "));
}

}  // namespace

std::string status_report(std::string_view json) {
    const Outcome<JsonValue> status = JsonValue::parse(json);
    if (!status || status->kind() != JsonValue::Kind::object) return printable(json) + "\n";
    std::string page;
    for (const auto part : {head, ledger, sources, brokers, uplink, storage, models, alerts, outputs, clock, memory}) {
        page += part(*status);
    }
    return page;
}

}  // namespace redshank
