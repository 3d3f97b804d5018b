/**
 * What attention does: maps of every layer and head, statistics of heads, and what a head is for.
 *
 * <p>Statistics follow Clark et al. 2019 ("What Does BERT Look At?") and Vig and Belinkov 2019
 * ("Analyzing the Structure of Attention in a Transformer Language Model"). A head gets a name only
 * where it beats the best fixed offset by a margin and by more than chance allows; the annotated
 * sentences that decide are in {@code syntax.txt} and {@code coreference.txt} beside this package.
 *
 * <p>Reports show maps to people: one page (its parts are {@code page.html}, {@code page.css} and
 * {@code page-*.js} beside this package), and still pictures.
 *
 * <p>What belongs here: arithmetic on attention weights, in double, and what is drawn from it. No
 * matrices, no threads, no printing: models are run through {@code model}.
 */
@NullMarked
package io.github.lanewise.inspect;

import org.jspecify.annotations.NullMarked;
