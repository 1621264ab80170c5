class ExternalTrack : public Schedule {
public:
    explicit ExternalTrack(std::string name) : name_(std::move(name)) {}
    virtual ~ExternalTrack() = default;
    int create(int header) const override;

private:
    std::string name_;
    std::vector<std::unique_ptr<Schedule>> items_;
};
