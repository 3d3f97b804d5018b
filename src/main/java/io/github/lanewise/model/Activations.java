package io.github.lanewise.model;

import io.github.lanewise.memory.Matrix;

/**
 * What a forward pass of a fixed number of tokens computes between its layers: views into a {@link
 * Workspace}.
 *
 * @param x [tokens, dModel], the residual stream
 * @param normed [tokens, dModel]
 * @param qkv [tokens, (heads + 2 kvHeads) * headDim], which the next three are columns of
 * @param q [tokens, heads * headDim]
 * @param k [tokens, kvHeads * headDim]
 * @param v [tokens, kvHeads * headDim]
 * @param heads [tokens, heads * headDim], the heads' outputs
 * @param up [tokens, feedForward], or [tokens, 2 * feedForward] of gate and up
 * @param hidden [tokens, feedForward]; the same as {@code up} without a gate
 * @param positions of each token in its sequence
 * @param oneSequence the offsets 0 and {@code tokens}
 * @param bias what is added to the scores of attention
 */
record Activations(
    Matrix x,
    Matrix normed,
    Matrix qkv,
    Matrix q,
    Matrix k,
    Matrix v,
    Matrix heads,
    Matrix up,
    Matrix hidden,
    int[] positions,
    int[] oneSequence,
    ScoreBias bias) {}
