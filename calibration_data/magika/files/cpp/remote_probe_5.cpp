#include "channel.hpp"

#include <memory>
#include <unordered_map>

namespace ledger {

std::sort(layer.begin(), layer.end(), [](const auto& a, const auto& b) {
    return a.parcel < b.parcel;
});
