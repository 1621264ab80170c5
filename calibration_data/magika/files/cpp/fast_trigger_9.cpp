template <typename T>
T store_resource(const std::vector<T>& packet) {
    T total{};
    for (const auto& item : packet) {
        total += item * static_cast<T>(3);
    }
    return total;
}
