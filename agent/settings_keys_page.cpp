#include "agent/settings_keys_page.hpp"

#include "agent/settings_keys.hpp"
#include "agent/settings_parse_units.hpp"
#include "drivers/payload_decoder.hpp"

namespace redshank {

namespace {

constexpr std::string_view head = R"(# Configuration

<!-- Made by `redshank check --keys-markdown` from agent/settings_keys.cpp; do not edit by hand. -->

One TOML file, given by `--config FILE`; without it `/etc/redshank/redshank.toml` if there is one, else the defaults
alone. Every key has a default except those marked *required*. `redshank check --config FILE` says everything that is
wrong with a file, each as `file:line:column: message`, and exits with 78; for a good one it prints the memory and disk
it may use. A key that is not listed here is an error, and the nearest one that is listed is named.

```toml
[agent]
id = "hall-3"
[mqtt]
url = "mqtt://127.0.0.1:1883"
[uplink]
url = "tcp://127.0.0.1:5555"
[[source]]
topic = "plant/{machine}/sensors"
time = "ts"
fields = ["temperature", "/vibration/rms"]
preprocess = { range = [-40, 120], smooth = "ewma:0.2" }
[[group]]
name = "pump-{machine}"
channels = ["temperature", "/vibration/rms"]
[[rule]]
name = "bearing-hot"
channel = "plant/{machine}/sensors:temperature"
above = 85.0
clear_below = 80.0
for = "30s"
severity = "critical"
[[rule]]
name = "silent"
channel = "plant/#"
absent_for = "5m"
```

## Values

- **duration**: whole numbers with their units, `d h m s ms`, each at most once and in that order: `"10s"`, `"500ms"`,
  `"1m30s"`, `"2h"`, `"7d"`. The unit is required.
- **size**: a whole number with its unit: `B`, `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024) or `kB`, `MB`, `GB`
  (powers of 1000). The unit is required.
- **decimal**: a whole number or a decimal, of less than 10^18, kept as it is written up to 15 digits.
- **text**: without control characters.
- **Channel names** are `<topic>:<field>`, `<topic>:value` for a payload that is one number, `<topic>:/a/b` for a nested
  field; those of a `[[broker]]` have its name in front, `<name>/<topic>:<field>`. What a payload may be, and which fields
  it has: [payloads.md](payloads.md). A reading whose name would be longer than 192 bytes is rejected as `channel_limit`.
- **Patterns** are read level by level: `{name}` is one level and becomes a label, `+` is one level, `#` at the end is
  the rest. In names of channels and groups `{name}` may also be a part of a level, as in `pump-{machine}`.

## Without a source

With no `[[source]]`, `redshank run` subscribes to `#` as JSON (a payload that is a plain number is JSON too) and
`redshank replay` takes every input file as a source. `run --topic FILTER` adds a JSON source for each filter that no
`[[source]]` has; `run --broker URL` stands in place of `mqtt.url`.

## Fields left out

With `fields` every named field is taken; without it every numeric field but housekeeping of the device, at any depth:
)";

constexpr std::string_view middle = R"(
## Directories

| | under systemd | root | anyone else |
|---|---|---|---|
| `state_dir` | `$STATE_DIRECTORY` | `/var/lib/redshank` | `$XDG_STATE_HOME/redshank`, or `~/.local/state/redshank` |
| `runtime_dir` | `$RUNTIME_DIRECTORY` | `/run/redshank` | `$XDG_RUNTIME_DIR/redshank`, or `/tmp/redshank-<uid>` |

## Keys
)";

std::string amount(const SettingsKey& key, std::int64_t value) {
    if (key.type == KeyType::duration || key.type == KeyType::silence) return format_duration(value);
    if (key.type == KeyType::size) return format_size(value);
    return std::to_string(value);
}

std::string row(const SettingsKey& key) {
    const std::string range = describe_range(key);
    const bool words = key.fallback.starts_with('(');
    std::string fallback(words ? key.fallback.substr(1, key.fallback.size() - 2) : key.fallback);
    if (!words) fallback = "`" + fallback + "`";
    if (fallback == "required") fallback = "*required*";
    const std::string separator = range.empty() || key.type == KeyType::score ? "" : ", ";
    const std::string shown_range = key.type == KeyType::score ? "" : range;
    return "| `" + std::string(key.name) + "` | " + describe_type(key) + separator + shown_range + " | " + fallback +
           " | " + std::string(key.meaning) + " |\n";
}

}  // namespace

std::string describe_type(const SettingsKey& key) {
    switch (key.type) {
        case KeyType::text:
            return "a text";
        case KeyType::choice: {
            std::string words = "one of \"";
            for (const char c : key.choices) words += c == '|' ? std::string("\", \"") : std::string(1, c);
            return words + "\"";
        }
        case KeyType::whole:
            return "a whole number";
        case KeyType::decimal:
            return "a decimal";
        case KeyType::score:
            return "a decimal from 0 to 1";
        case KeyType::duration:
            return "a duration like \"10s\"";
        case KeyType::size:
            return "a size like \"64MiB\"";
        case KeyType::texts:
        case KeyType::columns:
        case KeyType::words:
            return "a list of texts";
        case KeyType::separator:
            return "a text that is \",\", \";\", \"\\t\" or a bar";
        case KeyType::range:
            return "a list of two numbers, [low, high]";
        case KeyType::smoothing:
            return "a text like \"ewma:0.2\" or \"median:5\"";
        case KeyType::boolean:
            return "true or false";
        case KeyType::silence:
            return "a duration like \"10s\", or \"auto\"";
        case KeyType::version:
            return "5, 3 or \"3.1.1\"";
    }
    return "";
}

std::string describe_range(const SettingsKey& key) {
    switch (key.type) {
        case KeyType::text:
            return "at most " + std::to_string(key.high) + " bytes";
        case KeyType::whole:
            if (key.low == key.high) return std::to_string(key.low) + " (this version has no other)";
            [[fallthrough]];
        case KeyType::duration:
        case KeyType::silence:
        case KeyType::size:
        case KeyType::texts:
        case KeyType::columns:
        case KeyType::words:
            return amount(key, key.low) + " to " + amount(key, key.high);
        case KeyType::score:
            return "from 0 to 1";
        default:
            return "";
    }
}

std::string settings_page() {
    std::string page(head);
    for (const std::string_view name : left_out_names) {
        page += (name == left_out_names.front() ? "`" : ", `") + std::string(name) + "`";
    }
    page += ".\n" + std::string(middle);
    for (const SettingsTable& table : settings_tables()) {
        const std::string name(table.name);
        const bool inner = name.find('.') != std::string::npos;
        const std::string title = table.array ? "[[" + name + "]]"
                                  : inner     ? name.substr(name.find('.') + 1)
                                              : "[" + name + "]";
        page += "\n### `" + title + "`" + (inner ? " of `[[" + name.substr(0, name.find('.')) + "]]`" : "") + "\n\n" +
                std::string(table.meaning) + "\n\n| Key | Type and range | Default | Meaning |\n|---|---|---|---|\n";
        for (const SettingsKey& key : settings_keys()) {
            if (key.table == table.name) page += row(key);
        }
    }
    return page;
}

}  // namespace redshank
