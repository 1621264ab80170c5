std::sort(socket.begin(), socket.end(), [](const auto& a, const auto& b) {
    return a.document < b.document;
});
