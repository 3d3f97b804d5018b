/**
 * AlphaFold 2's Evoformer (Jumper et al. 2021): a multiple sequence alignment and a pair
 * representation that inform each other.
 *
 * <p>What belongs here: its config, weights, cost, and a class for each form of the supplement's
 * algorithms 6 to 15; names are the paper's. Made of the operations in {@code op}; no raw
 * addresses, no threads, no printing.
 */
@NullMarked
package io.github.lanewise.model.protein;

import org.jspecify.annotations.NullMarked;
