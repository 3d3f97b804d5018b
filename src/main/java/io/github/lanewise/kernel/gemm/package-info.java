/**
 * Matrix products: register tiles, the loops around them, packing.
 *
 * <p>C = A·Wᵀ with W prepacked into panels one vector wide: panel p holds output columns p·LANES to
 * p·LANES + LANES - 1, and for each k their weights lie beside each other, so that a tile streams
 * one panel for each of its vectors, in order. Weights of 16 bits lie in panels of two vectors, and
 * are converted in the tile or, for many rows, before. A is read where it lies, row-major:
 * broadcasting single floats from {@code mr} rows costs no more than reading a packed copy. Only
 * few rows are packed, since tall tiles, which read each weight once, have no registers for the
 * addresses of rows. The tiles of attention multiply blocks in scratch memory instead of panels.
 *
 * <p>One summation order: every output element is one accumulator that takes its products in
 * ascending k, by FMA, whatever the tile, its position, the blocking or the number of threads.
 * Between two blocks of k the accumulator rests in memory, unrounded since it is a float already.
 * So a row computed alone has the same bits as inside a large batch.
 *
 * <p>What belongs here: products and their blocking. No threads, no checks, no activation
 * functions.
 */
@NullMarked
package io.github.lanewise.kernel.gemm;

import org.jspecify.annotations.NullMarked;
