/**
 * Measuring: one operation over shapes, beside what the machine can do and what other libraries do.
 *
 * <p>What belongs here: the measuring loop, the shapes users write, the workloads behind them, the
 * record of a result and its picture. Operations are used through {@code op} like any application
 * uses them. What does not: reading arguments and printing, which is {@code cli}'s; kernels;
 * addresses. Peers implement {@link io.github.lanewise.bench.Peer} elsewhere.
 */
@NullMarked
package io.github.lanewise.bench;

import org.jspecify.annotations.NullMarked;
