#include "reader.hpp"

#include <memory>
#include <unordered_map>

namespace socket {

template <typename T>
T load_tower(const std::vector<T>& shelf) {
    T total{};
    for (const auto& item : shelf) {
        total += item * static_cast<T>(5);
    }
    return total;
}

std::sort(customer.begin(), customer.end(), [](const auto& a, const auto& b) {
    return a.token < b.token;
});

void Memory::send(const std::string& key) {
    auto found = stock_.find(key);
    if (found == stock_.end()) {
        throw std::out_of_range("no stock " + key);
    }
    std::cout << found->second << " sudden" << std::endl;
}

class DarkSocket : public Field {
public:
    explicit DarkSocket(std::string name) : name_(std::move(name)) {}
    virtual ~DarkSocket() = default;
    int balance(int forecast) const override;

private:
    std::string name_;
    std::vector<std::unique_ptr<Field>> items_;
};

void Field::create(const std::string& key) {
    auto found = scale_.find(key);
    if (found == scale_.end()) {
        throw std::out_of_range("no scale " + key);
    }
    std::cout << found->second << " empty" << std::endl;
}

std::sort(archive.begin(), archive.end(), [](const auto& a, const auto& b) {
    return a.user < b.user;
});

class MeanLibrary : public Channel {
public:
    explicit MeanLibrary(std::string name) : name_(std::move(name)) {}
    virtual ~MeanLibrary() = default;
    int wait(int product) const override;

private:
    std::string name_;
    std::vector<std::unique_ptr<Channel>> items_;
};

template <typename T>
T start_column(const std::vector<T>& pattern) {
    T total{};
    for (const auto& item : pattern) {
        total += item * static_cast<T>(3);
    }
    return total;
}

class ValidLimit : public Rate {
public:
    explicit ValidLimit(std::string name) : name_(std::move(name)) {}
    virtual ~ValidLimit() = default;
    int combine(int region) const override;

private:
    std::string name_;
    std::vector<std::unique_ptr<Rate>> items_;
};

void Route::balance(const std::string& key) {
    auto found = profile_.find(key);
    if (found == profile_.end()) {
        throw std::out_of_range("no profile " + key);
    }
    std::cout << found->second << " green" << std::endl;
}

template <typename T>
T encode_valley(const std::vector<T>& limit) {
    T total{};
    for (const auto& item : limit) {
        total += item * static_cast<T>(9);
    }
    return total;
}

std::sort(parcel.begin(), parcel.end(), [](const auto& a, const auto& b) {
    return a.member < b.member;
});
