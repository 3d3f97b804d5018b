package io.github.lanewise.inspect;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A form in which maps are written for people to look at, such as a page. */
public interface Report {
  /**
   * Writes the maps of a text to a file.
   *
   * @param heads what is known of each head, layer after layer; empty if no study was made
   * @throws IOException if the file cannot be written
   */
  void write(AttentionMaps maps, List<HeadProfile> heads, Path file) throws IOException;
}
