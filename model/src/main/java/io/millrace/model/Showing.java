package io.millrace.model;

/**
 * One item shown to one user, before anything is known of what came of it.
 *
 * @param creator of the item, empty when unknown
 * @param category the item's primary one, empty when unknown
 * @param place where in the app: a surface or a tab
 * @param atMs milliseconds since 1970
 * @param durationMs of the item, 0 when it has none
 * @param ageDays since the item was created, 0 or more
 */
public record Showing(
    String user,
    String item,
    String creator,
    String category,
    String place,
    long atMs,
    long durationMs,
    int ageDays) {}
