#include "agent/record_command.hpp"

#include "agent/settings_parse_units.hpp"
#include "drivers/topic.hpp"

namespace redshank {

namespace {

template <class Parsed>
std::string refusal(const std::string& text, const Parsed& parsed) {
    return parsed ? "" : text + " " + parsed.error();
}

std::string check_topic(const std::string& text) {
    const Outcome<TopicPattern> pattern = TopicPattern::parse(text);
    return pattern ? "" : text + " cannot be read: " + pattern.error();
}

std::string check_duration(const std::string& text) {
    return refusal(text, parse_duration(text));
}

std::string check_size(const std::string& text) {
    const Outcome<std::int64_t> size = parse_size(text);
    if (size && *size < 1024) return text + " must be at least 1KiB";
    return refusal(text, size);
}

}  // namespace

RecordCommand::RecordCommand(CLI::App& app, std::string& configuration) {
    record_ = app.add_subcommand("record", "Write down what the running agent receives, for replay --format mqtt");
    record_->add_option("--config", configuration, "Configuration, TOML")->type_name("FILE");
    record_->add_option("--topic", topics_, "Messages of these topics alone")
        ->type_name("FILTER")
        ->check(CLI::Validator(check_topic, ""));
    CLI::Option* out = record_->add_option("--out", out_, "Where to, instead of standard output")->type_name("FILE");
    record_->add_option("--max-bytes", bytes_max_, "A file that would grow larger becomes FILE.1, and a new one begins")
        ->type_name("SIZE")
        ->capture_default_str()
        ->check(CLI::Validator(check_size, ""))
        ->needs(out);
    record_->add_option("--keep", keep_, "Old files, FILE.1 the newest of them")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(0, 1000))
        ->needs(out);
    record_->add_flag("--force", force_, "Replace the files that are there")->needs(out);
    record_->add_flag("--from-start", from_start_, "Begin with what the inbox still holds, not with what comes");
    record_->add_option("--for", for_, "End after this time")
        ->type_name("DURATION")
        ->check(CLI::Validator(check_duration, ""));
    record_->add_option("--count", count_, "End after so many messages")->type_name("N")->check(CLI::PositiveNumber);
}

RecordOptions RecordCommand::options() const {
    RecordOptions options;
    options.topics = topics_;
    options.file.file = out_;
    options.file.bytes_max = static_cast<std::uint64_t>(parse_size(bytes_max_).value_or(0));
    options.file.keep = keep_;
    options.file.replace = force_;
    options.from_start = from_start_;
    if (!for_.empty()) options.for_ns = parse_duration(for_).value_or(0);
    if (count_ > 0) options.count = count_;
    return options;
}

}  // namespace redshank
