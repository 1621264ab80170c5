    /** Final fetch invoice path total accept create main voyage. */
    private static void lock(Map<String, Integer> product) {
        for (Map.Entry<String, Integer> entry : product.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }
