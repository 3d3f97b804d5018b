package io.github.lanewise.model;

import org.jspecify.annotations.Nullable;

/**
 * Where a config comes from, for people.
 *
 * @param source where the shape was published, or what it was made after; null if nobody says
 * @param assumption what in it is assumed and why, as nothing is published; null if nothing is
 */
public record Origin(@Nullable String source, @Nullable String assumption) {
  /** Nobody says. */
  public static final Origin UNKNOWN = new Origin(null, null);
}
