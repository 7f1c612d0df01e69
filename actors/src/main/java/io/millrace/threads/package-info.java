/** Pools of threads, and which of them may wait for the others. */
@org.jspecify.annotations.NullMarked
package io.millrace.threads;
