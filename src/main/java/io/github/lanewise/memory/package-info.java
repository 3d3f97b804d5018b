/**
 * Off-heap memory: aligned allocation and the matrix views that every operation takes.
 *
 * <p>What belongs here: where floats live and how they are addressed. No arithmetic, no threads, no
 * knowledge of any operation.
 */
@NullMarked
package io.github.lanewise.memory;

import org.jspecify.annotations.NullMarked;
