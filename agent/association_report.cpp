#include "agent/association_report.hpp"

namespace redshank {

void write_associations(JsonWriter& json, std::span<const AssociationRow> rows) noexcept {
    json.begin_array();
    for (const AssociationRow& row : rows) {
        json.begin_object().member("if", row.antecedent.view()).member("is", std::uint64_t{row.antecedent_state});
        json.member("then", row.consequent.view()).member("becomes", std::uint64_t{row.consequent_state});
        json.member("together", std::uint64_t{row.figures.together}).member("support", row.figures.support);
        json.member("confidence", row.figures.confidence).member("lift", row.figures.lift).end_object();
    }
    json.end_array();
}

}  // namespace redshank
