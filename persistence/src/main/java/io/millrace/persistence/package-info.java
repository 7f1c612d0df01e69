/**
 * The durable store of one node: journal, snapshots, event streams, served log and user keys, all
 * in one RocksDB behind one writer thread. It moves bytes and knows none of the types they encode.
 */
@NullMarked
package io.millrace.persistence;

import org.jspecify.annotations.NullMarked;
