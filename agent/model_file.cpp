#include "agent/model_file.hpp"

#include <algorithm>
#include <string>

#include "drivers/hash.hpp"
#include "model/bytes.hpp"

namespace redshank {

namespace {

constexpr std::uint32_t magic = 0x464d5352;  // "RSMF"
constexpr std::uint8_t unsigned_end = 0;
constexpr std::uint8_t signed_end = 1;
constexpr std::size_t signature_bytes = std::tuple_size_v<KeyId> + std::tuple_size_v<Signature>;

}  // namespace

std::vector<std::byte> encode_model_file(const ModelFile& file) {
    std::vector<std::byte> bytes(model_file_bytes_max);
    const std::span<std::byte> room(bytes);
    ByteWriter out(room.first(model_file_bytes_max - signature_bytes));
    out.put(magic);
    out.put(model_file_version);
    out.put_text(file.model);
    out.put_text(file.group);
    out.put_text(file.agent);
    out.put(file.inputs_fingerprint);
    out.put(file.made_ns);
    out.put(static_cast<std::uint32_t>(file.snapshot.size()));
    out.put_bytes(file.snapshot);
    out.put_bytes(sha256(out.written()));
    out.put(unsigned_end);
    bytes.resize(out.ok() ? out.used() : 0);
    return bytes;
}

Outcome<std::vector<std::byte>> sign_model_file(std::span<const std::byte> file, const SigningKey& key) {
    const auto read = read_model_file(file);
    if (!read) return failure(std::string(meaning_of(read.error())));
    const std::size_t without = file.size() - (read->key ? signature_bytes : 0);
    std::vector<std::byte> bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(without));
    bytes.back() = std::byte{signed_end};
    const KeyId id = key_id(key.public_key());
    bytes.insert(bytes.end(), id.begin(), id.end());
    const Signature signature = key.sign(bytes);
    bytes.insert(bytes.end(), signature.begin(), signature.end());
    return bytes;
}

tl::expected<ModelFile, ModelRefusal> read_model_file(std::span<const std::byte> bytes) noexcept {
    const auto refused = [](ModelRefusal why) { return tl::make_unexpected(why); };
    if (bytes.size() > model_file_bytes_max) return refused(ModelRefusal::too_large);
    ByteReader in(bytes);
    if (in.get<std::uint32_t>() != magic) return refused(ModelRefusal::malformed);
    const auto version = in.get<std::uint16_t>();
    if (!in.ok()) return refused(ModelRefusal::malformed);
    if (version != model_file_version) return refused(ModelRefusal::version);

    ModelFile file;
    file.model = in.get_text();
    file.group = in.get_text();
    file.agent = in.get_text();
    file.inputs_fingerprint = in.get<std::uint64_t>();
    file.made_ns = in.get<std::int64_t>();
    file.snapshot = in.get_bytes(in.get<std::uint32_t>());
    const std::size_t checked = bytes.size() - in.left();
    const std::span<const std::byte> checksum = in.get_bytes(sizeof(Sha256));
    const auto end = in.get<std::uint8_t>();
    if (!in.ok()) return refused(ModelRefusal::malformed);
    if (!std::ranges::equal(checksum, sha256(bytes.first(checked)))) return refused(ModelRefusal::checksum);
    if (end == signed_end) {
        const std::span<const std::byte> key = in.get_bytes(std::tuple_size_v<KeyId>);
        file.signed_part = bytes.first(bytes.size() - in.left());
        const std::span<const std::byte> signature = in.get_bytes(std::tuple_size_v<Signature>);
        if (!in.ok()) return refused(ModelRefusal::malformed);
        std::ranges::copy(key, file.key.emplace().begin());
        std::ranges::copy(signature, file.signature.begin());
    }
    if (end > signed_end || in.left() != 0) return refused(ModelRefusal::malformed);
    return file;
}

std::optional<ModelRefusal> check_signature(const ModelFile& file, std::span<const PublicKey> trusted) noexcept {
    if (!file.key) return ModelRefusal::not_signed;
    for (const PublicKey& key : trusted) {
        if (key_id(key) != *file.key) continue;
        if (!verify(file.signature, file.signed_part, key)) return ModelRefusal::signature;
        return std::nullopt;
    }
    return ModelRefusal::untrusted_key;
}

}  // namespace redshank
