/**
 * The face that applications see: operations that are prepared once and run many times.
 *
 * <p>{@code prepare} checks the shapes and picks kernels; {@code run} checks the matrices and
 * computes, allocating nothing on the heap. Prepared operations are immutable and may be shared
 * between threads. Wrong arguments give an {@link IllegalArgumentException} that names the
 * argument, and nothing is written; a closed arena or runtime gives an {@link
 * IllegalStateException}. Below this package nothing is checked.
 */
@NullMarked
package io.github.lanewise.op;

import org.jspecify.annotations.NullMarked;
