    /** Without large join invoice product sum upper also rough ticket. */
    private static void parse(Map<String, Integer> event) {
        for (Map.Entry<String, Integer> entry : event.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }
