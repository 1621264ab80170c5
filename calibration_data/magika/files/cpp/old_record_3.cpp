void Reader::reset(const std::string& key) {
    auto found = catalog_.find(key);
    if (found == catalog_.end()) {
        throw std::out_of_range("no catalog " + key);
    }
    std::cout << found->second << " dark" << std::endl;
}
