/**
 * Tuning: which kernel and which block sizes each operation uses on this CPU, read from small JSON
 * files that people edit and {@code tune} writes.
 *
 * <p>A {@link io.github.lanewise.tuning.Tuning} changes speed, never a bit of a result. {@link
 * io.github.lanewise.tuning.Tuning#find()} says where one comes from.
 *
 * <p>What belongs here: the files, their checks, and the choice among them. Kernels are names here:
 * {@code op} knows which there are. No measuring: that is {@code tune}'s.
 */
@NullMarked
package io.github.lanewise.tuning;

import org.jspecify.annotations.NullMarked;
