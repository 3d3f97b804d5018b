package io.github.lanewise.kernel.attention;

/**
 * One sequence as the queries of one key head see it: addresses, and strides in bytes. Reusable:
 * each method sets one side of it. One thread at a time.
 */
public final class AttentionSequence {
  /** A window without an end. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  long q;
  long ldq;
  long k;
  long ldk;
  long v;
  long ldv;
  int keys;
  int firstHead;

  private int position;
  private int left = UNBOUNDED;
  private int right = UNBOUNDED;

  private int firstPlace;
  private int step = 1;

  final KeyGrid bias = new KeyGrid();
  final KeyGrid pairBias = new KeyGrid();
  final KeyGrid mask = new KeyGrid();
  final KeyGrid keyMask = new KeyGrid();

  long out;
  long ldo;
  long logSumExp;
  long ldl;
  long weights;
  long weightsQuery;
  long weightsKey;

  /** Nothing is described yet. */
  public AttentionSequence() {}

  /**
   * The queries.
   *
   * @param newQ address of query 0 of the group's first head
   * @param newFirstHead index of the group's first head, for what is given for each head
   */
  public void queries(long newQ, long newLdq, int newFirstHead) {
    q = newQ;
    ldq = newLdq;
    firstHead = newFirstHead;
  }

  /** Keys and values of this head. */
  public void keys(long newK, long newLdk, long newV, long newLdv, int newKeys) {
    k = newK;
    ldk = newLdk;
    v = newV;
    ldv = newLdv;
    keys = newKeys;
  }

  /** Where keys and values lie: addresses of key 0. How many there are stays as it is. */
  void rows(long newK, long newLdk, long newV, long newLdv) {
    keys(newK, newLdk, newV, newLdv, keys);
  }

  /**
   * What the positions see: query i stands at key position {@code newPosition + i} and sees the
   * keys from {@code newLeft} before it to {@code newRight} after it.
   */
  public void window(int newPosition, int newLeft, int newRight) {
    position = newPosition;
    left = newLeft;
    right = newRight;
  }

  /**
   * What a block pattern counts: position i is place {@code newFirst + i * newStep} in it.
   *
   * @param newFirst 0 to {@code newStep - 1}
   */
  public void places(int newFirst, int newStep) {
    firstPlace = newFirst;
    step = newStep;
  }

  /**
   * Floats that are added to the scores.
   *
   * @param address for query 0 and key 0, or 0 for none
   */
  public void bias(long address, long query, long key) {
    bias.set(address, 0, query, key);
  }

  /**
   * Further floats that are added to the scores.
   *
   * @param address for head 0, query 0 and key 0, or 0 for none
   */
  public void pairBias(long address, long head, long query, long key) {
    pairBias.set(address, head, query, key);
  }

  /**
   * Bytes that say whether a query sees a key: 0 for no.
   *
   * @param address for query 0 and key 0, or 0 for none
   */
  public void mask(long address, long query, long key) {
    mask.set(address, 0, query, key);
  }

  /**
   * Bytes that say whether all queries see a key: 0 for no.
   *
   * @param address for key 0, or 0 for none
   */
  public void keyMask(long address, long key) {
    keyMask.set(address, 0, 0, key);
  }

  /** Whether something is given for queries or keys that may hide some. */
  boolean hasBiasOrMask() {
    return bias.isGiven() || pairBias.isGiven() || mask.isGiven() || keyMask.isGiven();
  }

  /**
   * Where results go, laid out like the queries.
   *
   * @param newLogSumExp address for query 0 of the group's first head, or 0 if not wanted
   */
  public void outputs(long newOut, long newLdo, long newLogSumExp, long newLdl) {
    out = newOut;
    ldo = newLdo;
    logSumExp = newLogSumExp;
    ldl = newLdl;
  }

  /** Where the output of a query goes, for the {@code head}-th head from the first one on. */
  public long output(int query, int head, int valueDim) {
    return out + query * ldo + (long) head * valueDim * Float.BYTES;
  }

  /** Where the logarithm of the sum of exponentials goes, or 0. */
  public long logSumExp(int query, int head) {
    return logSumExp == 0 ? 0 : logSumExp + query * ldl + (long) head * Float.BYTES;
  }

  /** Where the weights of a single head go: address for query 0 and key 0. */
  public void weights(long newWeights, long query, long key) {
    weights = newWeights;
    weightsQuery = query;
    weightsKey = key;
  }

  /** Whether some query may not see all keys by the window. */
  boolean isBounded() {
    return left != UNBOUNDED || right != UNBOUNDED;
  }

  /** Key position of query {@code query}. */
  int position(int query) {
    return position + query;
  }

  /** What a block pattern counts for a position. */
  int place(int itsPosition) {
    return firstPlace + itsPosition * step;
  }

  /** The first position whose place is {@code place} or later. */
  int firstFrom(long place) {
    return step == 1 ? (int) place : (int) Math.ceilDiv(Math.max(0, place - firstPlace), step);
  }

  /** The first key that query {@code query} sees, by the window. */
  int low(int query) {
    return Math.clamp((long) position + query - left, 0, keys);
  }

  /** The end of the keys that query {@code query} sees, by the window. */
  int high(int query) {
    return Math.clamp((long) position + query + right + 1, 0, keys);
  }
}
