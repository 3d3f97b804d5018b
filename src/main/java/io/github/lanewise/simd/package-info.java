/**
 * What every vector kernel builds on: the species, vector arithmetic that the Vector API lacks, and
 * the directives that keep kernels away from the compiler's cliff.
 *
 * <p>What belongs here: pieces with no knowledge of attention or matrices. Raw addresses are used
 * from here down; whoever calls has checked them.
 */
@NullMarked
package io.github.lanewise.simd;

import org.jspecify.annotations.NullMarked;
