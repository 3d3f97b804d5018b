/**
 * The autotuner: searches kernels and block sizes, and proves the winner in fresh JVMs.
 *
 * <p>All comparisons are paired: candidates take turns with what they are compared to, so that
 * other load on the machine hits all alike, and medians of ratios decide.
 *
 * <p>What belongs here: what to try, how to compare, when to believe a gain. No file is read or
 * written here, and nothing is printed.
 */
@NullMarked
package io.github.lanewise.tune;

import org.jspecify.annotations.NullMarked;
