/**
 * Activation functions on rows. What belongs here: one row at raw addresses; no threads, no checks.
 *
 * <p>The loops over a row repeat from class to class on purpose: C2 must compile each function's
 * loop, and its masked rest, as a method of its own. Called through a shared loop the function
 * would be a virtual call that boxes its vectors.
 */
@NullMarked
package io.github.lanewise.kernel.activation;

import org.jspecify.annotations.NullMarked;
