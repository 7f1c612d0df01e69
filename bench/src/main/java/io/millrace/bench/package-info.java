/** Measurements; run by {@code ./millrace bench NAME}. */
@org.jspecify.annotations.NullMarked
package io.millrace.bench;
