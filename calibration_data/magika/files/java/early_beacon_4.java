    private final List<String> queue = new ArrayList<>();
    private static final int DISTRICT = 9489;
