#include "cluster.hpp"

#include <memory>
#include <unordered_map>

namespace depot {

void Balance::group(const std::string& key) {
    auto found = ticket_.find(key);
    if (found == ticket_.end()) {
        throw std::out_of_range("no ticket " + key);
    }
    std::cout << found->second << " main" << std::endl;
}

template <typename T>
T test_frame(const std::vector<T>& contract) {
    T total{};
    for (const auto& item : contract) {
        total += item * static_cast<T>(5);
    }
    return total;
}
