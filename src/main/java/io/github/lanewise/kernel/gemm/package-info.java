/**
 * Matrix products: register tiles, the loops around them, packing.
 *
 * <p>C = A·Wᵀ with W prepacked into panels one vector wide: panel p holds output columns p·LANES to
 * p·LANES + LANES - 1, and for each k their weights lie beside each other, so that a tile streams
 * one panel for each of its vectors. These are not neighbours, but each the next of a stream that
 * goes on through a part of the matrix, see {@code GemmTile.compute}. Panels of weights in 16 bits
 * hold two vectors side by side: with few rows a tile widens them as it reads, with many they are
 * made floats a few panels at a time, which all rows then share.
 *
 * <p>With 32 registers, A of many rows is read where it lies, row-major: broadcasting single floats
 * from {@code mr} rows costs no more than reading a packed copy (measured on AVX-512: 98 % of peak
 * either way), and the copy is saved. The few rows of a skinny product are packed once for all
 * tasks, which frees the registers of their addresses for a taller tile that reads each weight once
 * for more rows. An A that is given as {@code [k, m]} is transposed, a block of rows at a time.
 *
 * <p>With 16 registers (AVX2) each task packs a block of A into panels like those of B, and a tile
 * steps through both <em>with one index</em>. There a core takes in six instructions a cycle, of
 * which two may be multiply-adds; what C2 makes of rows and addresses that advance is 110
 * instructions for 24 multiply-adds (an address, a check and a load for each float), and of one
 * index that needs no check 48, two steps an iteration. How the loop must be written for that, and
 * that no sum rests in memory, was found by reading the machine code of each form: see {@code
 * LoopInStep}. Of few rows, which wait for weights from memory, see {@link
 * io.github.lanewise.kernel.gemm.FewRowsTile FewRowsTile}.
 *
 * <p>The blocks of attention have tiles of their own, whose B and C lie in scratch memory: {@link
 * io.github.lanewise.kernel.gemm.Microkernel Microkernel}s for scores, with a row-major A, or with
 * 16 registers a packed one, and panels as wide as the tile; {@link
 * io.github.lanewise.kernel.gemm.ValueTile ValueTile}s for values, with a column-major A and strips
 * of one to a few vectors. With 16 registers one call goes through all tiles of the packed A, or
 * all strips of values: the products are short (64 to 192 steps), and a call for each cost 2 to 4
 * %.
 *
 * <p>One summation order of matrix products: every output element is one accumulator that takes its
 * products in ascending k, by FMA, whatever the tile, its position, the blocking or the number of
 * threads. Between two blocks of k the accumulator rests in memory, unrounded since it is a float
 * already. So a row computed alone has the same bits as inside a large batch.
 *
 * <p>So {@link io.github.lanewise.kernel.gemm.PlainTile PlainTile}, a loop over arrays, can stand
 * in for any tile of floats in the first moments of a process.
 *
 * <p>What belongs here: products and their blocking. No threads, no checks, no activation
 * functions.
 */
@NullMarked
package io.github.lanewise.kernel.gemm;

import org.jspecify.annotations.NullMarked;
