package io.millrace.learning;

/** A positive that answers something served: which request, which item of it. */
public record ServedChoice(String requestId, int ordinal) {}
