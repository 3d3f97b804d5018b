package io.github.lanewise.tune;

import io.github.lanewise.tuning.Choice;
import io.github.lanewise.tuning.Shape;

/**
 * A candidate: what one class of products might use.
 *
 * @param shape the class
 * @param choice kernel and blocks
 */
public record Setting(Shape shape, Choice choice) {
  @Override
  public String toString() {
    return shape.key() + " " + choice;
  }
}
