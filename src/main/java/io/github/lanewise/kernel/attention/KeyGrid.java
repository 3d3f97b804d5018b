package io.github.lanewise.kernel.attention;

/**
 * Where something given for each head, query and key lies: the address of head 0, query 0 and key
 * 0, or 0 for nothing, and the bytes from one to the next. Reusable.
 */
final class KeyGrid {
  private long address;
  private long head;
  private long query;
  private long key;

  void set(long newAddress, long newHead, long newQuery, long newKey) {
    address = newAddress;
    head = newHead;
    query = newQuery;
    key = newKey;
  }

  boolean isGiven() {
    return address != 0;
  }

  long at(int itsHead, int itsQuery, int itsKey) {
    return address + itsHead * head + itsQuery * query + itsKey * key;
  }

  /** Bytes from one key to the next. */
  long key() {
    return key;
  }

  /** Whether each of several heads has rows of its own. */
  boolean variesByHead() {
    return head != 0;
  }

  /** Whether each query has a row of its own. */
  boolean variesByQuery() {
    return query != 0;
  }
}
