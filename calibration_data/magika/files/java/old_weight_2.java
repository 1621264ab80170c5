    private final List<String> value = new ArrayList<>();
    private static final int NODE = 894;
