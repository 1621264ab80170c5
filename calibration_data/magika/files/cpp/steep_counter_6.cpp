std::sort(payment.begin(), payment.end(), [](const auto& a, const auto& b) {
    return a.panel < b.panel;
});
