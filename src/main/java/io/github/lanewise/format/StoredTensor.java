package io.github.lanewise.format;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor as it lies in a file.
 *
 * @param name unique in the file
 * @param type how its numbers are stored
 * @param shape its dimensions, the last one contiguous; empty for a single number
 * @param data its numbers: a read-only slice of the mapped file, perhaps not aligned, valid until
 *     the file is closed
 */
public record StoredTensor(String name, ElementType type, List<Long> shape, MemorySegment data) {}
