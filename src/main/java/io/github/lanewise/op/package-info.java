/**
 * The face that applications see: operations that are prepared once and run many times.
 *
 * <p>{@code prepare} checks the shapes and picks kernels; {@code run} checks the matrices and
 * computes, allocating nothing on the heap. Prepared operations are immutable and may be shared
 * between threads. Wrong arguments give an {@link IllegalArgumentException} that names the
 * argument, and nothing is written; a closed arena or runtime gives an {@link
 * IllegalStateException}. Below this package nothing is checked.
 *
 * <p>A JVM interprets a kernel, some hundred times slower, until it has been called often enough,
 * and then compiles it in the background. An application that must answer its first request quickly
 * calls {@code warmUp()} on what it prepared: that runs the operation on small data of its own,
 * over every path, until it runs compiled, and returns whether it does. It takes about a second for
 * the first operation of its kind and far less for those that share its kernels; it reads and
 * writes nothing of the caller's, and may be called while other threads compute. Once in a JVM is
 * enough for all operations that are alike but for their weights. A process that answers once and
 * ends calls {@link io.github.lanewise.op.Lanewise#startPlainly Lanewise.startPlainly} instead.
 */
@NullMarked
package io.github.lanewise.op;

import org.jspecify.annotations.NullMarked;
