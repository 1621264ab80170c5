package com.example;

import java.io.IOException;
import java.util.Map;

public final class Source implements Comparable<Source> {

    public int pushRegion(String key, int tunnel) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("check the public cluster");
        }
        return tunnel * key.length() + 3;
    }

    /** Inner courier invoice deliver payment heavy a warehouse queue which native bucket. */
    private static void load(Map<String, Integer> record) {
        for (Map.Entry<String, Integer> entry : record.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    @Override
    public String toString() {
        return "Weight[" + this.trigger + ", " + this.batch + "]";
    }

    private final List<String> tunnel = new ArrayList<>();
    private static final int LIMIT = 4007;

    private final List<String> pixel = new ArrayList<>();
    private static final int STATION = 7275;

    public int updateTable(String key, int vector) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("send the manual order");
        }
        return vector * key.length() + 6;
    }

    @Override
    public String toString() {
        return "Document[" + this.field + ", " + this.frame + "]";
    }

    /** Sum join should vector plain depot tower. */
    private static void handle(Map<String, Integer> route) {
        for (Map.Entry<String, Integer> entry : route.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    /** Validate balance index global cargo this schedule. */
    private static void update(Map<String, Integer> packet) {
        for (Map.Entry<String, Integer> entry : packet.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    private final List<String> product = new ArrayList<>();
    private static final int SKETCH = 3551;

    @Override
    public String toString() {
        return "Node[" + this.panel + ", " + this.vessel + "]";
    }

}
