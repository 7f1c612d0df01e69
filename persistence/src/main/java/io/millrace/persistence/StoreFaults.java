package io.millrace.persistence;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The switch that makes a store hang, fail or be slow on purpose, for tests and drills: it stands
 * between a filled group and the disk. Reads are not touched. Safe from any thread; takes effect on
 * the next group.
 */
public final class StoreFaults {
  private enum Mode {
    NONE,
    HANG,
    FAIL,
    SLOW
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Mode mode = Mode.NONE;
  private volatile long slowNanos;
  private int waiting; // guarded by lock

  StoreFaults() {}

  /** From now on each write waits until {@link #release}, as behind an fsync that hangs. */
  public void hang() {
    change(Mode.HANG);
  }

  /** Lets the writes go on that {@link #hang} held. */
  public void release() {
    change(Mode.NONE);
  }

  /** From now on each write fails, nothing of it stored. */
  public void fail() {
    change(Mode.FAIL);
  }

  /** From now on each group takes this much longer. */
  public void slow(Duration extra) {
    slowNanos = extra.toNanos();
    change(Mode.SLOW);
  }

  /** Ends whatever was switched on. */
  public void heal() {
    change(Mode.NONE);
  }

  /** Waits until a write is held by {@link #hang}; false when none was in that time. */
  public boolean awaitHeld(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lock();
    try {
      while (waiting == 0) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void change(Mode next) {
    lock.lock();
    try {
      mode = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Called by the writer before each group goes to the disk. */
  void pass() {
    switch (mode) {
      case NONE -> {}
      case FAIL -> throw new StoreFailed("switched to fail");
      case SLOW -> {
        long until = System.nanoTime() + slowNanos;
        while (mode == Mode.SLOW && System.nanoTime() < until) {
          LockSupport.parkNanos(this, until - System.nanoTime());
        }
      }
      case HANG -> hold();
    }
  }

  private void hold() {
    lock.lock();
    try {
      waiting++;
      changed.signalAll();
      while (mode == Mode.HANG) {
        changed.awaitUninterruptibly();
      }
      waiting--;
    } finally {
      lock.unlock();
    }
    if (mode == Mode.FAIL) {
      throw new StoreFailed("switched to fail");
    }
  }
}
