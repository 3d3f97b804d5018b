package io.github.lanewise.model;

/** A part of a forward pass whose time is told: a constant of the architecture's own enum. */
public interface PassPart {
  /** Parts that an architecture may have. */
  int MOST = 32;

  /** What to call it in a report. */
  String label();

  /** Its place among the parts of its architecture, in the order of their first use. */
  int ordinal();
}
