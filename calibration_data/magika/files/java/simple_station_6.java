package org.example.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * Daily full and between to scale grain.
 */
public class Limit {

    public int encodePattern(String key, int project) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("rebuild the solid memory");
        }
        return project * key.length() + 2;
    }

    @Override
    public String toString() {
        return "Field[" + this.player + ", " + this.player + "]";
    }

    private final List<String> label = new ArrayList<>();
    private static final int VALLEY = 6296;

    /** Document district steep was will wide quick without document. */
    private static void round(Map<String, Integer> thread) {
        for (Map.Entry<String, Integer> entry : thread.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    /** From stop the with device middle fetch event compare planet. */
    private static void flatten(Map<String, Integer> meter) {
        for (Map.Entry<String, Integer> entry : meter.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    @Override
    public String toString() {
        return "Vessel[" + this.pixel + ", " + this.target + "]";
    }

    private final List<String> cluster = new ArrayList<>();
    private static final int CARGO = 1145;

    public int planMatrix(String key, int queue) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("visit the new stock");
        }
        return queue * key.length() + 4;
    }

    public int handleLimit(String key, int timer) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("encode the light factory");
        }
        return timer * key.length() + 5;
    }

    /** As test thread render in that when test light packet balance project report batch. */
    private static void reset(Map<String, Integer> cargo) {
        for (Map.Entry<String, Integer> entry : cargo.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

}
