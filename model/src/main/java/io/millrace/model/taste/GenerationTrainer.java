package io.millrace.model.taste;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Trains one generation: alternating exact passes over users and items, by the crew and at the pace
 * that it is given. Nothing is kept between trainings.
 *
 * <p>Formula (one pass; G_V, G_U Gramians, c(i) the prior of the item's content, e(i) the share of
 * interactions since the item's first):
 *
 * <pre>
 * (a0 G_V      + sum w v v' + L I) u = sum w t v
 * (a0 e(i) G_U + sum w u u' + L I) v = sum w t u + (a0 e(i) G_U + L I) c(i)
 * </pre>
 *
 * then the content map is fitted to the new v. Afterwards everything is turned onto the generation
 * before (orthogonal Procrustes), so that vectors of an item can be compared across generations.
 *
 * <p>Source: Hu, Koren, Volinsky (2008), section 4; Rendle et al. (2021), section 3 for the ridge.
 * We depart in the prior and in e.
 *
 * <p>Determinism: same interactions, contents and generation before give the same bytes.
 */
public final class GenerationTrainer {

  /** Passes from nothing, and from the generation before: more change recall by under .002. */
  private static final int FIRST_PASSES = 8;

  private static final int NEXT_PASSES = 2;

  private static final double MAP_RIDGE = 10;
  private static final int FIRST_MAP_STEPS = 15;
  private static final int NEXT_MAP_STEPS = 6;

  /** Evidence at which an item counts half in the fit of the content map. */
  private static final float MAP_HALF_MASS = 5;

  private static final float START_SPREAD = 0.1f;
  private static final int STEP = 64;
  private static final long PLACEBO_SEED = 1;

  private final TasteSettings settings;
  private final int d;
  private final Contents contents;
  private final int contentColumns;
  private final Pace pace;
  private final Crew crew;

  /**
   * @param contentColumns of the rows that {@code contents} gives, {@link ContentEncoder#columns}
   */
  public GenerationTrainer(
      TasteSettings settings, Contents contents, int contentColumns, Pace pace, Crew crew) {
    this.settings = settings;
    this.d = settings.dimensions();
    this.contents = contents;
    this.contentColumns = contentColumns;
    this.pace = pace;
    this.crew = crew;
  }

  /**
   * A trained generation.
   *
   * @param rotationResidual how far shared items still are from where they were, as a share of
   *     their length, 0 to about 1.4; NaN without a generation before
   * @param sharedItems items that both generations have
   */
  public record Trained(Generation generation, double rotationResidual, int sharedItems) {}

  private static final class Work {
    final Interactions data;
    final int upTo;
    final Interactions.Lists byUser;
    final Interactions.Lists byItem;
    final int[] itemsOf;
    final float[] v;
    final float[] u;
    final float[] masses;
    final float[] shares;
    final List<@Nullable SparseFeatures> rows = new ArrayList<>();
    final List<@Nullable SparseFeatures> clients = new ArrayList<>();
    RidgeMap contentMap;
    @Nullable RidgeMap clientMap;
    Gramian userGramian;
    int activeUsers;
    long done;
    long total;

    Work(Interactions data, int upTo, int d, RidgeMap contentMap) {
      this.data = data;
      this.upTo = upTo;
      this.byUser = data.byUser(upTo);
      this.byItem = data.byItem(upTo);
      int items = 0;
      int[] some = new int[data.items()];
      for (int item = 0; item < data.items(); item++) {
        if (byItem.size(item) > 0) {
          some[items++] = item;
        }
      }
      this.itemsOf = Arrays.copyOf(some, items);
      this.v = new float[data.items() * d];
      this.u = new float[data.users() * d];
      this.masses = new float[data.items()];
      this.shares = new float[data.items()];
      this.contentMap = contentMap;
      this.userGramian = Gramian.of(d, new float[0], 0);
    }
  }

  /**
   * Trains on the first {@code upTo} interactions.
   *
   * @param previous what to start from and to turn onto; null for the first
   * @throws InterruptedException when the pace ended it
   */
  public Trained train(Interactions data, int upTo, long number, @Nullable Generation previous)
      throws InterruptedException {
    if (upTo < 1 || upTo > data.size()) {
      throw new IllegalArgumentException(
          "a generation of " + upTo + " interactions, expected 1 to " + data.size());
    }
    boolean warm = previous != null && previous.dimensions() == d;
    RidgeMap start =
        warm && previous.contentMap().columns() == contentColumns
            ? previous.contentMap()
            : RidgeMap.zero(contentColumns, d);
    Work work = new Work(data, upTo, d, start);
    prepare(work, warm ? previous : null);
    int passes = warm ? NEXT_PASSES : FIRST_PASSES;
    work.total = (long) passes * (data.users() + work.itemsOf.length);
    for (int pass = 0; pass < passes; pass++) {
      users(work);
      if (warm || pass >= passes / 2) {
        work.contentMap = fit(work, work.rows, work.contentMap, warm);
      }
      items(work);
    }
    fitClients(work, warm ? previous : null);
    return finish(work, number, warm ? previous : null);
  }

  /**
   * A first generation of the same interactions with their users dealt out anew: what {@link
   * GenerationCheck#checkFirst} compares a first one with, because popularity and age alone already
   * tell users apart a little.
   *
   * @throws InterruptedException when the pace ended it
   */
  public Generation placebo(Interactions data, int upTo) throws InterruptedException {
    return train(data.dealt(upTo, PLACEBO_SEED), upTo, 0, null).generation();
  }

  private void prepare(Work work, @Nullable Generation previous) {
    for (int item : work.itemsOf) {
      long hash = work.data.itemHash(item);
      int count = work.byItem.size(item);
      for (int k = 0; k < count; k++) {
        work.masses[item] += work.data.weight(work.byItem.at(item, k));
      }
      work.shares[item] = (float) (work.upTo - work.byItem.at(item, 0)) / work.upTo;
      SparseFeatures row = contents.content(hash);
      work.rows.add(row);
      work.clients.add(contents.client(hash));
      int known = previous == null ? -1 : previous.row(hash);
      if (previous != null && known >= 0) {
        previous.vector(known, work.v, item * d);
      } else if (previous != null && row != null) {
        work.contentMap.apply(row, work.v, item * d);
      } else {
        scatter(hash, work.v, item * d);
      }
    }
  }

  /** A small vector that is the same for the same item in every training. */
  private void scatter(long hash, float[] out, int at) {
    long state = hash;
    for (int i = 0; i < d; i++) {
      double sum = -6;
      for (int k = 0; k < 12; k++) {
        state += 0x9e3779b97f4a7c15L;
        long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        sum += ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
      }
      out[at + i] = (float) (sum * START_SPREAD);
    }
  }

  private void users(Work work) throws InterruptedException {
    Gramian items = Gramian.of(d, work.v, work.data.items());
    int users = work.data.users();
    for (int from = 0; from < users; from += STEP * crew.threads()) {
      int to = Math.min(users, from + STEP * crew.threads());
      crew.split(from, to, (first, end) -> users(work, items, first, end));
      step(work, "users", to - from);
    }
    work.activeUsers = 0;
    for (int user = 0; user < users; user++) {
      work.activeUsers += work.byUser.size(user) > 0 ? 1 : 0;
    }
    work.userGramian = Gramian.of(d, work.u, users);
  }

  private void users(Work work, Gramian items, int from, int to) {
    FoldIn fold = new FoldIn(settings);
    for (int user = from; user < to; user++) {
      int count = work.byUser.size(user);
      if (count > 0) {
        fold.begin(items, settings.unobserved(), new float[0], 0);
        for (int k = 0; k < count; k++) {
          int n = work.byUser.at(user, k);
          fold.add(work.v, work.data.item(n) * d, work.data.weight(n), work.data.target(n));
        }
        fold.solve(work.u, user * d);
      }
    }
  }

  private void items(Work work) throws InterruptedException {
    int items = work.itemsOf.length;
    for (int from = 0; from < items; from += STEP * crew.threads()) {
      int to = Math.min(items, from + STEP * crew.threads());
      crew.split(from, to, (first, end) -> items(work, first, end));
      step(work, "items", to - from);
    }
  }

  private void items(Work work, int from, int to) {
    FoldIn fold = new FoldIn(settings);
    float[] prior = new float[d];
    for (int i = from; i < to; i++) {
      int item = work.itemsOf[i];
      SparseFeatures row = work.rows.get(i);
      if (row == null) {
        Arrays.fill(prior, 0);
      } else {
        work.contentMap.apply(row, prior, 0);
      }
      fold.begin(work.userGramian, settings.unobserved() * work.shares[item], prior, 0);
      int count = work.byItem.size(item);
      for (int k = 0; k < count; k++) {
        int n = work.byItem.at(item, k);
        fold.add(work.u, work.data.user(n) * d, work.data.weight(n), work.data.target(n));
      }
      fold.solve(work.v, item * d);
    }
  }

  private void step(Work work, String phase, int rows) throws InterruptedException {
    work.done += rows;
    pace.step(phase, Math.min(1, (double) work.done / work.total));
  }

  private RidgeMap fit(
      Work work, List<@Nullable SparseFeatures> rows, RidgeMap start, boolean warm) {
    float[] vectors = compact(work, work.v);
    float[] masses = new float[work.itemsOf.length];
    for (int i = 0; i < masses.length; i++) {
      float mass = work.masses[work.itemsOf[i]];
      masses[i] = mass / (mass + MAP_HALF_MASS);
    }
    int steps = warm ? NEXT_MAP_STEPS : FIRST_MAP_STEPS;
    return RidgeMap.fit(rows, vectors, masses, MAP_RIDGE, start, steps);
  }

  private void fitClients(Work work, @Nullable Generation previous) {
    int columns = 0;
    for (SparseFeatures row : work.clients) {
      if (row != null && row.size() > 0) {
        columns = Math.max(columns, row.column(row.size() - 1) + 1);
      }
    }
    if (columns > 0) {
      RidgeMap before = previous == null ? null : previous.clientMap();
      boolean warm = before != null && before.columns() == columns;
      RidgeMap start = warm && before != null ? before : RidgeMap.zero(columns, d);
      work.clientMap = fit(work, work.clients, start, warm);
    }
  }

  private float[] compact(Work work, float[] vectors) {
    float[] all = new float[work.itemsOf.length * d];
    for (int i = 0; i < work.itemsOf.length; i++) {
      System.arraycopy(vectors, work.itemsOf[i] * d, all, i * d, d);
    }
    return all;
  }

  private Trained finish(Work work, long number, @Nullable Generation previous) {
    int items = work.itemsOf.length;
    float[] vectors = compact(work, work.v);
    long[] hashes = new long[items];
    float[] masses = new float[items];
    for (int i = 0; i < items; i++) {
      hashes[i] = work.data.itemHash(work.itemsOf[i]);
      masses[i] = work.masses[work.itemsOf[i]];
    }
    double residual = Double.NaN;
    int shared = 0;
    if (previous != null) {
      float[] now = new float[items * d];
      float[] then = new float[items * d];
      float[] sharedMasses = new float[items];
      for (int i = 0; i < items; i++) {
        int row = previous.row(hashes[i]);
        if (row >= 0) {
          System.arraycopy(vectors, i * d, now, shared * d, d);
          previous.vector(row, then, shared * d);
          sharedMasses[shared++] = masses[i];
        }
      }
      double[] rotation =
          Procrustes.rotation(Procrustes.cross(now, then, sharedMasses, shared, d), d);
      float[] turned = new float[vectors.length];
      for (int i = 0; i < items; i++) {
        Procrustes.rotate(vectors, i * d, rotation, d, turned, i * d);
      }
      vectors = turned;
      float[] users = new float[work.u.length];
      for (int user = 0; user < work.data.users(); user++) {
        Procrustes.rotate(work.u, user * d, rotation, d, users, user * d);
      }
      work.userGramian = Gramian.of(d, users, work.data.users());
      work.contentMap = work.contentMap.rotated(rotation);
      work.clientMap = work.clientMap == null ? null : work.clientMap.rotated(rotation);
      residual = Procrustes.residual(now, then, sharedMasses, shared, rotation, d);
    }
    Generation generation =
        Generation.freeze(
            number,
            work.data.atMs(work.upTo - 1),
            work.upTo,
            work.activeUsers,
            settings,
            hashes,
            vectors,
            masses,
            work.userGramian,
            new float[d],
            work.contentMap,
            work.clientMap);
    return new Trained(generation, residual, shared);
  }
}
