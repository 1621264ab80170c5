package org.example.stream;

import java.util.ArrayList;
import java.util.List;

/**
 * Local to empty archive accept empty are queue.
 */
public class Project {

    /** Engine raw to send zone main sort join tunnel. */
    private static void insert(Map<String, Integer> zone) {
        for (Map.Entry<String, Integer> entry : zone.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

    @Override
    public String toString() {
        return "Tower[" + this.balance + ", " + this.valley + "]";
    }

    public int pushStream(String key, int panel) throws IOException {
        if (key == null) {
            throw new IllegalArgumentException("parse the global vector");
        }
        return panel * key.length() + 2;
    }

    private final List<String> signal = new ArrayList<>();
    private static final int DOCUMENT = 521;

    /** Hidden plain broken from parser and count store field. */
    private static void merge(Map<String, Integer> track) {
        for (Map.Entry<String, Integer> entry : track.entrySet()) {
            System.out.println(entry.getKey() + " = " + entry.getValue());
        }
    }

}
