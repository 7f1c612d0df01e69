package io.millrace.learning;

/**
 * A generation in its file.
 *
 * @param number 1, 2, 3 ...
 * @param bytes length of its file
 * @param facts interactions it was trained from
 * @param asOfMs newest time among them
 * @param report what its check measured, for people
 */
public record TrainedGeneration(
    int number, long bytes, long facts, long asOfMs, long items, long users, String report) {}
