#include "agent/model_commands.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>

#include "agent/command_line.hpp"
#include "agent/control_client.hpp"
#include "agent/json_writer.hpp"
#include "agent/key_files.hpp"
#include "agent/model_file.hpp"
#include "agent/status_page.hpp"
#include "drivers/topic.hpp"

namespace redshank {

namespace {

constexpr std::int64_t answered_within_ns = 30'000'000'000;

void print(std::FILE* to, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), to);
    std::fflush(to);
}

int failed(const std::string& why) {
    print(stderr, "redshank: " + why + "\n");
    return exit_code::failed;
}

// The body of a good answer; else it has been said why not.
std::optional<std::string> asked(const std::filesystem::path& socket, const std::string& request) {
    const Outcome<ControlAnswer> answer = ask(socket, request, answered_within_ns);
    if (answer && answer->ok) return answer->body;
    failed(answer ? answer->body : answer.error());
    return std::nullopt;
}

int print_answer(const std::filesystem::path& socket, const std::string& request) {
    const std::optional<std::string> body = asked(socket, request);
    if (!body) return exit_code::failed;
    print(stdout, *body);
    return exit_code::ok;
}

std::string check_line(const std::string& text) {
    return text.find('\n') == std::string::npos ? "" : "a name of more than one line cannot be given here";
}

std::string check_base_topic(const std::string& topic) {
    return valid_topic(topic) ? "" : topic + " is no topic: no '+' and no '#'";
}

// Asks for the model of a group and signs it, when a key is given.
Outcome<std::vector<std::byte>> exported(const std::filesystem::path& socket, const std::string& group,
                                         const std::string& key_file) {
    // The key first: a wrong one should not cost a question.
    std::optional<SigningKey> key;
    if (!key_file.empty()) {
        Outcome<SigningKey> read = read_secret_key(key_file);
        if (!read) return failure(read.error());
        key.emplace(std::move(*read));
    }
    const Outcome<ControlAnswer> answer = ask(socket, "model export " + group, answered_within_ns);
    if (!answer || !answer->ok) return failure(answer ? answer->body : answer.error());
    const auto file = std::as_bytes(std::span(answer->body));
    if (key) return sign_model_file(file, *key);
    return std::vector<std::byte>(file.begin(), file.end());
}

}  // namespace

CLI::App* ModelCommands::leaf(const std::string& name, const std::string& meaning, bool figures) {
    CLI::App* made = model_->add_subcommand(name, meaning);
    made->add_option("--config", configuration_, "Configuration, TOML")->type_name("FILE");
    if (figures) made->add_flag("--json", json_, "Print figures as one JSON object");
    return made;
}

CLI::App* ModelCommands::of_group(const std::string& name, const std::string& meaning, bool figures) {
    CLI::App* made = leaf(name, meaning, figures);
    made->add_option("GROUP", group_, "Name of the group, or of the channel that is judged alone")
        ->required()
        ->check(CLI::Validator(check_line, ""));
    return made;
}

ModelCommands::ModelCommands(CLI::App& app, std::string& configuration, bool& json)
    : configuration_(configuration), json_(json) {
    keygen_ = app.add_subcommand("keygen", "Make a pair of keys");
    keygen_->add_option("--config", configuration_, "Configuration, TOML")->type_name("FILE");
    keygen_->add_flag("--json", json_, "Print one JSON object");
    CLI::Option_group* const pair = keygen_->add_option_group("Pair", "One of these");
    pair->add_option(
            "FILE", uplink_key_file_,
            "A CURVE pair for the uplink, of an agent or of the collector: the secret key's file; FILE.pub too")
        ->type_name("");
    pair->add_option("--sign", key_file_, "An Ed25519 pair that signs models: the secret key's file; FILE.pub too")
        ->type_name("FILE");
    pair->require_option(1);

    model_ = app.add_subcommand("model", "Models of the running agent");
    model_->require_subcommand(1);
    list_ = leaf("list", "Every group's model", true);
    show_ = of_group("show", "One model, all there is to say", true);
    export_ = of_group("export", "Write a model to a file");
    export_->add_option("--out", out_, "Where to; replaced")->type_name("FILE")->required();
    export_->add_option("--sign", sign_, "Sign with this secret key")->type_name("KEYFILE");
    import_ = leaf("import", "Take a model from a file", false);
    import_->add_option("FILE", file_, "A model file")->required();
    import_->add_option("--group", group_, "For another group than the file says, of the same kind of model")
        ->check(CLI::Validator(check_line, ""));
    import_->add_flag("--unsigned", unsigned_, "Although no trusted key has signed it");
    accept_ = of_group("accept", "What this group sees now is the new normal: its alert clears");
    rollback_ = of_group("rollback", "Back to the model before the last import, accept, reset or rollback");
    reset_ = of_group("reset", "Forget everything: the model begins anew");
    send_ = of_group("send", "Send a model to another agent, through the broker");
    send_->add_option("--to", to_, "The other agent's base topic")
        ->type_name("BASE_TOPIC")
        ->required()
        ->check(CLI::Validator(check_base_topic, ""));
    send_->add_option("--sign", sign_, "Sign with this secret key; the other agent must trust it")
        ->type_name("KEYFILE")
        ->required();
    send_->add_flag("--retain", retain_, "The broker keeps it, also for an agent that comes later");
}

int ModelCommands::keygen() const {
    const bool signs = !key_file_.empty();
    const std::string& file = signs ? key_file_ : uplink_key_file_;
    const Outcome<std::string> made = signs ? make_key_files(file) : make_uplink_key_files(file);
    if (!made) return failed(made.error());
    if (!json_) {
        print(stdout, *made + "\n");
        return exit_code::ok;
    }
    std::vector<char> room(512 + 12 * file.size());
    JsonWriter json(room);
    json.begin_object().member("kind", signs ? "ed25519" : "curve").member("public_key", *made);
    json.member("secret_file", file).member("public_file", file + ".pub").end_object();
    print(stdout, std::string(json.text()) + "\n");
    return exit_code::ok;
}

int ModelCommands::model(const Settings& settings) const {
    const std::filesystem::path socket = settings.agent.runtime_dir / "control";
    if (list_->parsed()) return print_figures(socket, "model list");
    if (show_->parsed()) return print_figures(socket, "model show " + group_);
    if (export_->parsed()) return export_file(socket);
    if (import_->parsed()) return import_file(socket);
    if (accept_->parsed()) return print_answer(socket, "model accept " + group_);
    if (rollback_->parsed()) return print_answer(socket, "model rollback " + group_);
    if (reset_->parsed()) return print_answer(socket, "model reset " + group_);
    return send(socket);
}

int ModelCommands::print_figures(const std::filesystem::path& socket, const std::string& request) const {
    const std::optional<std::string> body = asked(socket, request);
    if (!body) return exit_code::failed;
    print(stdout, json_ ? *body + "\n" : status_page(*body));
    return exit_code::ok;
}

int ModelCommands::export_file(const std::filesystem::path& socket) const {
    const Outcome<std::vector<std::byte>> file = exported(socket, group_, sign_);
    if (!file) return failed(file.error());
    if (const auto written = write_file(out_, *file); !written) return failed(written.error());
    return exit_code::ok;
}

int ModelCommands::import_file(const std::filesystem::path& socket) const {
    const Outcome<std::vector<std::byte>> file = read_file(file_, model_file_bytes_max);
    if (!file) return failed(file.error());
    return print_answer(socket, "model import " + std::string(unsigned_ ? "1 " : "0 ") + base64(*file) + " " + group_);
}

int ModelCommands::send(const std::filesystem::path& socket) const {
    const Outcome<std::vector<std::byte>> file = exported(socket, group_, sign_);
    if (!file) return failed(file.error());
    return print_answer(socket, "model send " + std::string(retain_ ? "1 " : "0 ") + base64(*file) + " " + to_);
}

}  // namespace redshank
