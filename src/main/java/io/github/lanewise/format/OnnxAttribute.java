package io.github.lanewise.format;

import java.util.List;

/**
 * A setting of an {@link OnnxNode}: one of these is set, as the operator's definition says.
 *
 * @param number a real number
 * @param whole a whole number
 * @param wholes a list of whole numbers
 */
public record OnnxAttribute(float number, long whole, List<Long> wholes) {}
