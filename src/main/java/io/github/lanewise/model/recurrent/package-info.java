/**
 * Recurrent models: what attention replaced, to be measured beside it.
 *
 * <p>What belongs here: the config of a stack of LSTM layers, its weights, its forward pass and its
 * cost. Made of the operations in {@code op}; no raw addresses, no threads, no printing.
 */
@NullMarked
package io.github.lanewise.model.recurrent;

import org.jspecify.annotations.NullMarked;
