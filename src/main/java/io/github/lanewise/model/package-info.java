/**
 * Transformers made of the operations in {@code op}: architecture configs, weights, the key-value
 * cache, and the forward passes of decoders and encoders.
 *
 * <p>What belongs here: what a model is, and in which order it calls the operations; a forward pass
 * reads like the paper and fits a screen. No raw addresses, no vectors, no threads: those live
 * below {@code op}. No printing: that is the command line's.
 */
@NullMarked
package io.github.lanewise.model;

import org.jspecify.annotations.NullMarked;
