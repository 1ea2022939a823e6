#include "agent/replay_files.hpp"

#include <array>
#include <system_error>

#include "agent/alert_publisher.hpp"
#include "agent/replay_cells.hpp"
#include "drivers/hash.hpp"

namespace redshank {

namespace {

// In the order of the digest; a missing one counts as empty.
constexpr std::string_view associations = "associations.csv";
constexpr std::array<std::string_view, 6> digested{"scores.csv",      "alerts.jsonl", "aggregates.csv",
                                                   "predictions.csv", "models.bin",   associations};
constexpr std::string_view summary = "summary.json";
constexpr std::uint32_t models_magic = 0x4d485352;  // "RSHM" in the file
constexpr std::uint16_t models_format = 1;

// As hexadecimal digits, which any tool reads; docs/uplink.md says what they are.
void put_sketch(std::ostream& out, const QuantileSketch& sketch) {
    std::array<std::byte, QuantileSketch::encoded_bytes_max> room;
    ByteWriter bytes(room);
    sketch.write(bytes);
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte byte : bytes.written()) {
        out << digits[std::to_integer<unsigned>(byte) >> 4U] << digits[std::to_integer<unsigned>(byte) & 15U];
    }
}

}  // namespace

Outcome<> ReplayFiles::prepare(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return failure(directory.string() + ": " + error.message());
    for (const std::string_view file : digested) std::filesystem::remove(directory / file, error);
    std::filesystem::remove(directory / summary, error);
    return {};
}

ReplayFiles::ReplayFiles(const std::filesystem::path& directory)
    : directory_(directory),
      scores_(directory / "scores.csv", std::ios::binary),
      alerts_(directory / "alerts.jsonl", std::ios::binary),
      aggregates_file_(directory / "aggregates.csv", std::ios::binary),
      models_(directory / "models.bin", std::ios::binary),
      predictions_(directory / "predictions.csv") {
    scores_ << "input,timestamp,group,anomaly_score,score,alarm\n";
    aggregates_file_
        << "input,channel,unit,clock,start_ns,length_ns,count,min,max,mean,variance,first,first_ns,last,last_ns,sketch,"
           "quality\n";
    std::array<std::byte, 6> header;
    ByteWriter out(header);
    out.put(models_magic);
    out.put(models_format);
    models_.write(reinterpret_cast<const char*>(header.data()), header.size());
}

void ReplayFiles::begin_input(std::string input) {
    input_ = std::move(input);
    wide_ = false;
    timestamps_.clear();
    by_group_.clear();
    group_places_.clear();
    predictions_.begin_input();
}

void ReplayFiles::begin_row(std::string timestamp) {
    wide_ = true;
    timestamps_.push_back(std::move(timestamp));
}

void ReplayFiles::begin_event(std::int64_t time_ns) {
    event_timestamp_ = std::to_string(time_ns);
}

void ReplayFiles::scored(const ScoreEvent& event) noexcept {
    RowScore score{.anomaly_score = event.anomaly_score, .score = event.score, .alarm = event.alarm};
    if (!wide_) return write_score(event_timestamp_, event.group, score);
    auto place = group_places_.find(event.group);
    if (place == group_places_.end()) {
        place = group_places_.emplace(std::string(event.group), by_group_.size()).first;
        by_group_.emplace_back(place->first, std::vector<RowScore>{});
    }
    score.row = timestamps_.size() - 1;
    by_group_[place->second].second.push_back(score);
}

void ReplayFiles::predicted(const PredictionEvent& event) noexcept {
    if (!wide_) return predictions_.write(event, input_, event_timestamp_);
    predictions_.gather(event, timestamps_.size() - 1);
}

void ReplayFiles::write_score(std::string_view timestamp, std::string_view group, const RowScore& score) {
    put_cell(scores_, input_);
    scores_ << ',';
    put_cell(scores_, timestamp);
    scores_ << ',';
    put_cell(scores_, group);
    scores_ << ',';
    put_number(scores_, score.anomaly_score);
    scores_ << ',';
    put_number(scores_, score.score);
    scores_ << (score.alarm ? ",1\n" : ",0\n");
}

void ReplayFiles::end_input(const Pipeline& pipeline) {
    std::vector<std::size_t> next(by_group_.size());
    for (std::size_t row = 0; row < timestamps_.size(); ++row) {
        for (std::size_t group = 0; group < by_group_.size(); ++group) {
            const std::vector<RowScore>& scores = by_group_[group].second;
            const bool there = next[group] < scores.size() && scores[next[group]].row == row;
            write_score(timestamps_[row], by_group_[group].first, there ? scores[next[group]++] : RowScore{});
        }
    }
    predictions_.end_input(input_, timestamps_);
    write_models(pipeline);
    if (pipeline.associations() != nullptr) write_associations(pipeline);
}

void ReplayFiles::write_associations(const Pipeline& pipeline) {
    std::ostream& out = associations_;
    if (!associations_.is_open()) {
        associations_.open(directory_ / associations, std::ios::binary);
        out << "input,if,is,then,becomes,together,support,confidence,lift\n";
    }
    std::array<AssociationRow, Associations::rules_most> rows;
    const std::size_t count = pipeline.association_rows(rows);
    for (const AssociationRow& row : std::span(rows).first(count)) {
        put_cell(out, input_);
        out << ',';
        put_cell(out, row.antecedent.view());
        out << ',' << int{row.antecedent_state} << ',';
        put_cell(out, row.consequent.view());
        out << ',' << int{row.consequent_state};
        out << ',' << row.figures.together;
        for (const float figure : {row.figures.support, row.figures.confidence, row.figures.lift}) {
            out << ',';
            put_number(out, figure);
        }
        out << '\n';
    }
}

void ReplayFiles::write_models(const Pipeline& pipeline) {
    std::vector<std::byte> scratch(pipeline.saved_bytes_max());
    std::vector<std::byte> entry(scratch.size() + 1024);
    pipeline.each_model(scratch, [&](std::string_view group, std::span<const std::byte> snapshot) {
        ByteWriter out(entry);
        out.put_text(input_);
        out.put_text(group);
        out.put(static_cast<std::uint32_t>(snapshot.size()));
        out.put_bytes(snapshot);
        models_.write(reinterpret_cast<const char*>(out.written().data()), static_cast<std::streamsize>(out.used()));
    });
}

void ReplayFiles::alert(const AlertRow& row) noexcept {
    std::array<char, alert_json_bytes_max + 256> room;
    alerts_ << alert_json(row, room, input_) << '\n';
    if (row.state == AlertState::firing) ++alerts_fired_;
}

void ReplayFiles::aggregate(const AggregateRow& row, std::uint32_t) noexcept {
    std::ostream& out = aggregates_file_;
    const AggregateParts& parts = row.parts;
    const auto number = [&](double value) {
        out << ',';
        put_number(out, value);
    };
    const auto whole = [&](auto value) {
        out << ',';
        put_number(out, value);
    };
    put_cell(out, input_);
    out << ',';
    put_cell(out, row.channel.view());
    out << ',' << row.unit.view() << ',' << (row.clock == ClockKind::device ? "device" : "gateway");
    whole(row.start_ns);
    whole(row.length_ns);
    whole(parts.count);
    number(to_double(parts.min, parts.exponent));
    number(to_double(parts.max, parts.exponent));
    number(parts.mean());
    number(parts.variance());
    number(to_double(parts.first, parts.exponent));
    whole(parts.first_ns);
    number(to_double(parts.last, parts.exponent));
    whole(parts.last_ns);
    out << ',';
    put_sketch(out, parts.sketch);
    whole(row.quality);
    out << '\n';
    ++aggregates_;
}

Outcome<std::string> ReplayFiles::finish() {
    for (std::ofstream* file : {&scores_, &alerts_, &aggregates_file_, &models_}) {
        file->close();
        if (file->fail()) return failure(directory_.string() + ": a result file could not be written");
    }
    if (associations_.is_open()) {
        associations_.close();
        if (associations_.fail()) return failure((directory_ / associations).string() + ": could not be written");
    }
    if (!predictions_.close()) return failure(directory_.string() + ": predictions.csv could not be written");
    Sha256Stream digest;
    std::vector<char> block(1 << 16);
    for (const std::string_view name : digested) {
        std::ifstream file(directory_ / name, std::ios::binary);
        while (file) {
            file.read(block.data(), static_cast<std::streamsize>(block.size()));
            digest.add(std::as_bytes(std::span(block.data(), static_cast<std::size_t>(file.gcount()))));
        }
    }
    return hex(digest.finish());
}

}  // namespace redshank
