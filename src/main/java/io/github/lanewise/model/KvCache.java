package io.github.lanewise.model;

import io.github.lanewise.memory.HalfMatrix;
import io.github.lanewise.memory.Matrix;
import io.github.lanewise.memory.MatrixView;
import io.github.lanewise.memory.Storage;
import io.github.lanewise.op.Attention;
import io.github.lanewise.op.KvView;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of tokens already seen, per layer, for one or more sequences: the only copy
 * of them; and, in the decoder of an encoder-decoder, those of the encoder's states. Off-heap, of a
 * capacity chosen at creation. For one forward pass at a time.
 */
public final class KvCache implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final int sequences;
  private final int capacity;
  private final int width;
  private final Storage storage;
  private final MatrixView[] keys;
  private final MatrixView[] values;
  private final KvView[] views;
  private final int[] starts;
  private final int[] lengths;

  /** Lengths once the forward pass in progress is done. */
  private final int[] counts;

  private final AtomicBoolean inUse = new AtomicBoolean();
  private final @Nullable SourceKeys source;

  private KvCache(
      ModelConfig config, Storage storage, int sequences, int capacity, int sourceCapacity) {
    this.storage = storage;
    this.sequences = sequences;
    this.capacity = capacity;
    width = config.keyWidth();
    keys = new MatrixView[config.layers()];
    values = new MatrixView[config.layers()];
    views = new KvView[config.layers()];
    starts = new int[sequences];
    Arrays.setAll(starts, s -> s * capacity);
    lengths = new int[sequences];
    counts = new int[sequences];
    for (int layer = 0; layer < keys.length; layer++) {
      keys[layer] = rows();
      values[layer] = rows();
      views[layer] = KvView.contiguous(keys[layer], values[layer], starts, counts);
    }
    source = sourceCapacity == 0 ? null : new SourceKeys(arena, config, sourceCapacity);
  }

  private MatrixView rows() {
    int rows = sequences * capacity;
    return storage == Storage.F32
        ? Matrix.allocate(arena, rows, width)
        : HalfMatrix.allocate(arena, storage, rows, width);
  }

  /**
   * An empty cache.
   *
   * @param sequences independent sequences, each of them with room for {@code capacity} positions
   * @param capacity positions, 1 to the model's context window; past it only if its config says so,
   *     with a warning to the log
   * @throws IllegalArgumentException if a number is out of range
   */
  public static KvCache allocate(ModelConfig config, int sequences, int capacity) {
    return allocate(config, Storage.F32, sequences, capacity);
  }

  /**
   * The same, of keys and values rounded to {@code storage}. In f16, one beyond 65504 becomes
   * infinite.
   */
  public static KvCache allocate(ModelConfig config, Storage storage, int sequences, int capacity) {
    Checks.require(
        !config.attention().cross(),
        config.name() + " looks at an encoder's states: allocateWithSource makes its caches");
    return allocate(config, storage, sequences, capacity, 0);
  }

  /**
   * An empty cache for one sequence and the states of an encoder that all its tokens look at.
   *
   * @param source most states, 1 to {@link io.github.lanewise.op.Attention#MAX_KEYS}
   * @param capacity positions, as for any other
   * @throws IllegalArgumentException if a number is out of range, or the model looks at no encoder
   */
  public static KvCache allocateWithSource(ModelConfig config, int source, int capacity) {
    Checks.require(
        config.attention().cross(), config.name() + " is given, must look at an encoder's states");
    Checks.require(
        source >= 1 && source <= Attention.MAX_KEYS,
        "source is " + source + ", must be 1 to " + Attention.MAX_KEYS);
    return allocate(config, Storage.F32, 1, capacity, source);
  }

  private static KvCache allocate(
      ModelConfig config, Storage storage, int sequences, int capacity, int source) {
    Checks.require(sequences >= 1, "sequences is " + sequences + ", must be at least 1");
    Checks.require(
        capacity >= 1 && capacity <= TrainedLength.mostPositions(config),
        "capacity is " + capacity + ", must be 1 to " + TrainedLength.limit(config));
    Checks.require(
        (long) sequences * capacity <= Integer.MAX_VALUE,
        "sequences * capacity is " + (long) sequences * capacity + ", must be below 2^31");
    TrainedLength.warn(config, capacity);
    return new KvCache(config, storage, sequences, capacity, source);
  }

  /** Bytes of a cache in f32. */
  public static long bytesFor(ModelConfig config, int sequences, int capacity) {
    return bytesFor(config, Storage.F32, sequences, capacity);
  }

  /** Bytes of such a cache. */
  public static long bytesFor(ModelConfig config, Storage storage, int sequences, int capacity) {
    long row = 2L * config.keyWidth() * storage.bytes();
    return config.layers() * row * sequences * capacity;
  }

  /** Bytes held. */
  public long bytes() {
    long row = 2L * width;
    long own = (long) sequences * capacity * storage.bytes();
    long ofSource = source == null ? 0 : (long) source.capacity() * Float.BYTES;
    return keys.length * row * (own + ofSource);
  }

  /** How keys and values are stored. */
  public Storage storage() {
    return storage;
  }

  /** Independent sequences. */
  public int sequences() {
    return sequences;
  }

  /** Most positions of a sequence. */
  public int capacity() {
    return capacity;
  }

  /** Positions that sequence {@code sequence} has filled. */
  public int length(int sequence) {
    return lengths[sequence];
  }

  /** Forgets everything. */
  public void clear() {
    for (int sequence = 0; sequence < sequences; sequence++) {
      truncate(sequence, 0);
    }
  }

  /**
   * Forgets the positions from {@code length} on of one sequence.
   *
   * @throws IllegalArgumentException unless {@code length} is 0 to the sequence's present length
   * @throws IllegalStateException if a forward pass is running on this cache
   */
  public void truncate(int sequence, int length) {
    claim();
    try {
      if (length < 0 || length > lengths[sequence]) {
        throw new IllegalArgumentException(
            "length is " + length + ", must be 0 to " + lengths[sequence]);
      }
      lengths[sequence] = length;
    } finally {
      release();
    }
  }

  /**
   * Frees the memory. Closing twice is harmless.
   *
   * @throws IllegalStateException if a forward pass is running on this cache
   */
  @Override
  public void close() {
    claim();
    try {
      if (arena.scope().isAlive()) {
        arena.close();
      }
    } finally {
      release();
    }
  }

  /** Checks that this is a cache of such a model. */
  void check(ModelConfig config) {
    if (keys.length != config.layers() || width != config.keyWidth()) {
      throw new IllegalArgumentException(
          "cache holds %d layers of width %d, must hold %d of width %d as %s has"
              .formatted(keys.length, width, config.layers(), config.keyWidth(), config.name()));
    }
    requireOpen();
  }

  private void requireOpen() {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the cache is closed");
    }
  }

  /**
   * Claims the cache for states of an encoder, and forgets all tokens.
   *
   * @throws IllegalArgumentException if the states do not fit
   * @throws IllegalStateException if another forward pass has the cache, or it is closed
   */
  SourceKeys acquireSource(int states) {
    claim();
    try {
      requireOpen();
      SourceKeys kept = source();
      kept.begin(states);
      Arrays.fill(lengths, 0);
      return kept;
    } catch (IllegalArgumentException | IllegalStateException refused) {
      release();
      throw refused;
    }
  }

  /**
   * Claims the cache for a forward pass that adds tokens to each sequence, and fills in their
   * positions.
   *
   * @throws IllegalArgumentException if the tokens do not fit
   * @throws IllegalStateException if another forward pass has the cache
   */
  void acquire(int[] offsets, int[] positions) {
    claim();
    try {
      requireOpen();
      requireRoom(offsets);
      if (source != null) {
        source.requireSome();
      }
    } catch (IllegalArgumentException | IllegalStateException refused) {
      release();
      throw refused;
    }
    for (int s = 0; s < sequences; s++) {
      for (int t = offsets[s]; t < offsets[s + 1]; t++) {
        positions[t] = lengths[s] + t - offsets[s];
      }
      counts[s] = lengths[s] + offsets[s + 1] - offsets[s];
    }
  }

  void release() {
    inUse.set(false);
  }

  private void claim() {
    if (!inUse.compareAndSet(false, true)) {
      throw new IllegalStateException("the cache is in use by another forward pass");
    }
  }

  private void requireRoom(int[] offsets) {
    for (int s = 0; s < sequences; s++) {
      int added = offsets[s + 1] - offsets[s];
      if (added > capacity - lengths[s]) {
        throw new IllegalArgumentException(
            "sequence %d has %d cached tokens and %d new ones, must not exceed the cache's capacity = %d"
                .formatted(s, lengths[s], added, capacity));
      }
    }
  }

  /** Copies the new tokens' keys and values behind those of their sequences. */
  void append(int layer, Matrix k, Matrix v, int[] offsets) {
    for (int s = 0; s < sequences; s++) {
      int row = starts[s] + lengths[s];
      for (int t = offsets[s]; t < offsets[s + 1]; t++, row++) {
        Rows.copy(k, t, keys[layer], row);
        Rows.copy(v, t, values[layer], row);
      }
    }
  }

  /** Makes the appended tokens count. */
  void commit() {
    System.arraycopy(counts, 0, lengths, 0, sequences);
  }

  /** What is kept of an encoder's states. */
  SourceKeys source() {
    if (source == null) {
      throw new IllegalStateException("the cache has no room for an encoder's states");
    }
    return source;
  }

  /** Keys and values of one layer, those of the forward pass in progress included. */
  KvView view(int layer) {
    return views[layer];
  }
}
