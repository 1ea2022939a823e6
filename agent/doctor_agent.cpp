#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "agent/control_client.hpp"
#include "agent/doctor_checks.hpp"
#include "agent/human_text.hpp"

namespace redshank {

namespace {

constexpr std::uint64_t rejected_percent_most = 5;

std::uint64_t sum_of(const JsonValue& counts) {
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : counts.members()) sum += count.count();
    return sum;
}

std::string most_of(const JsonValue& counts) {
    std::string most;
    std::uint64_t largest = 0;
    for (const auto& [reason, count] : counts.members()) {
        if (count.count() <= largest) continue;
        largest = count.count();
        most = reason;
    }
    return most;
}

DoctorCheck judge_ready(const JsonValue& status) {
    const JsonValue& mqtt = status["mqtt"];
    const std::string why(mqtt["last_error"].text());
    const std::string action = "see the checks of the broker above; the agent tries again by itself";
    if (!status["ready"].is(true)) {
        return warned("agent", "runs and is not ready" + (why.empty() ? "" : ": " + why), action);
    }
    if (mqtt["connected"].is(false)) {
        return failed("agent", "runs without its broker" + (why.empty() ? "" : ": " + why), action);
    }
    return passed("agent", "runs and is ready");
}

// Those of [[broker]].
DoctorChecks judge_other_brokers(const JsonValue& brokers) {
    DoctorChecks checks;
    for (const auto& [index, broker] : brokers.members()) {
        const std::string name(broker["name"].text());
        if (name == "mqtt" || !broker["connected"].is(false)) continue;
        const std::string why(broker["error"].text());
        checks.push_back(failed("agent: broker " + name, "not connected" + (why.empty() ? "" : ": " + why),
                                "see the checks of the broker above; the agent tries again by itself"));
    }
    return checks;
}

DoctorCheck judge_ledger(const JsonValue& ledger) {
    if (ledger["balanced"].is(false)) {
        return failed("agent: ledger", "does not balance", "report it with the output of `redshank status --json`");
    }
    return passed("agent: ledger", "balances");
}

// Of messages, or of readings.
DoctorCheck judge_rejected(const std::string& what, std::uint64_t all, const JsonValue& counts) {
    const std::uint64_t rejected = sum_of(counts);
    const std::string name = "agent: rejected " + what;
    const std::string found = count_text(rejected) + " of " + count_text(all);
    if (rejected == 0 || rejected * 100 < all * rejected_percent_most) return passed(name, found);
    return warned(name, found + ", most of them " + most_of(counts),
                  "`redshank status` shows the last one of each source; see its format, fields and limits");
}

DoctorCheck judge_alerts(const JsonValue& status) {
    const std::uint64_t dropped = status["alerts_dropped"].count();
    if (dropped == 0) return passed("agent: alerts", "none was dropped");
    return warned("agent: alerts", counted_text(dropped, "was", "were") + " dropped on the way to the broker",
                  "raise limits.alerts, or see why the broker was away; upstream has them");
}

DoctorCheck judge_backlog(const JsonValue& status) {
    const JsonValue& uplink = status["uplink"];
    const std::string rows = counted_text(uplink["backlog_rows"].count(), "row waits", "rows wait");
    const bool configured = !uplink["url"].is_there() || !uplink["url"].text().empty();
    if (status["storage"]["room"].is(false)) {
        return warned("agent: backlog", rows + ", the buffer is full and results merge",
                      "bring the collector back, or raise storage.max_bytes");
    }
    if (configured && uplink["connected"].is(false)) {
        const std::string why(uplink["handshake_failure"].text());
        return warned("agent: backlog", rows + ", the collector is not connected" + (why.empty() ? "" : ": " + why),
                      "see the checks of the collector above");
    }
    return passed("agent: backlog", rows);
}

DoctorCheck judge_storage(const JsonValue& storage) {
    const std::string why(storage["last_error"].text());
    if (storage["durable"].is(false)) {
        return failed("agent: storage", "not durable: the disk does not keep up" + (why.empty() ? "" : ": " + why),
                      "see the disk: full, failing or too slow");
    }
    return why.empty() ? passed("agent: storage", "durable")
                       : warned("agent: storage", "durable, last error: " + why, "see the disk");
}

bool is_socket_of_another(const std::filesystem::path& socket) {
    struct stat about {};
    return stat(socket.c_str(), &about) == 0 && S_ISSOCK(about.st_mode) && access(socket.c_str(), W_OK) != 0;
}

}  // namespace

DoctorChecks judge_status(const JsonValue& status) {
    const JsonValue& ledger = status["ledger"];
    DoctorChecks checks{judge_ready(status)};
    for (DoctorCheck& check : judge_other_brokers(status["brokers"])) checks.push_back(std::move(check));
    checks.push_back(judge_ledger(ledger));
    checks.push_back(judge_rejected("messages", ledger["messages"].count(), ledger["rejected_messages"]));
    checks.push_back(judge_rejected("readings", ledger["readings"].count(), ledger["rejected_readings"]));
    checks.push_back(judge_alerts(status));
    checks.push_back(judge_backlog(status));
    checks.push_back(judge_storage(status["storage"]));
    return checks;
}

AgentAnswer ask_agent(const Settings& settings) {
    const std::filesystem::path socket = settings.agent.runtime_dir / "control";
    if (is_socket_of_another(socket)) {
        return {{warned("agent", socket.string() + ": belongs to another user", "run this as the agent's user")}, {}};
    }
    const Outcome<ControlAnswer> answer = ask(socket, "status", doctor_step_ns);
    if (!answer && answer.error().starts_with("no agent runs here")) {
        return {{warned("agent", answer.error(), "start it: redshank run, or its systemd unit")}, {}};
    }
    if (!answer || !answer->ok) {
        return {{failed("agent", answer ? answer->body : answer.error(), "see its log; end it and start it again")},
                {}};
    }
    auto status = JsonValue::parse(answer->body);
    if (!status) return {{failed("agent", "its status is no JSON: " + status.error(), "report it")}, {}};
    return {judge_status(*status), std::move(*status)};
}

}  // namespace redshank
