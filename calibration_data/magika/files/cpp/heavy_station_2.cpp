class ColdUser : public Graph {
public:
    explicit ColdUser(std::string name) : name_(std::move(name)) {}
    virtual ~ColdUser() = default;
    int insert(int parser) const override;

private:
    std::string name_;
    std::vector<std::unique_ptr<Graph>> items_;
};
