/**
 * Encoder-decoders: the original transformer (Vaswani et al. 2017), T5, the two stacks of Whisper.
 *
 * <p>What belongs here: how the encoder and the decoder of {@code model} are put together, what a
 * source leaves behind for the steps of decoding, and greedy decoding. What a layer does is {@code
 * model}'s.
 */
@NullMarked
package io.github.lanewise.model.seq2seq;

import org.jspecify.annotations.NullMarked;
