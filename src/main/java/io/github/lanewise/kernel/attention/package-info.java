/**
 * Scaled dot-product attention without a score matrix: softmax(Q·Kᵀ·scale)·V, one tile of queries
 * against blocks of keys with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022,
 * "FlashAttention").
 *
 * <p>Scores are computed transposed, as Sᵀ = K·Qᵀ, so that <em>the queries lie along the
 * lanes</em>; outputs as they are wanted, O = P·V, a row a query. Then
 *
 * <ul>
 *   <li>K, of which each row is read once a panel, is broadcast float by float where it lies, with
 *       32 registers; with 16 from a copy that steps with the queries, packed once for all panels
 *       of a tile ({@link io.github.lanewise.kernel.attention.KeyBlock}). The queries are
 *       transposed, once;
 *   <li>maximum and sum of the softmax are plain vertical arithmetic, a query a lane, with no
 *       reduction across lanes;
 *   <li>Pᵀ lies in memory as the second product wants it: a column-major P, whose floats are
 *       broadcast, beside rows of V. Those are read again for every few queries, so each block of
 *       them is copied into contiguous strips, once for all lanes of a tile.
 * </ul>
 *
 * <p>A lane never sees its neighbours, and blocks of keys begin at fixed multiples of {@link
 * io.github.lanewise.kernel.attention.AttentionTile#KEY_BLOCK}. So a query has the same bits in any
 * tile, any batch and any chunk of a prompt. With grouped heads (GQA) the lanes are (position, head
 * of the group): all queries that share a key read it once.
 *
 * <p>Many queries over a cache ({@link io.github.lanewise.kernel.attention.CacheTile}) use the same
 * panels; each block of keys is looked up, and copied where it lies in pieces or in 16 bits.
 *
 * <p>A few queries would leave the lanes empty, and reading memory is the limit or close to it. So
 * decoding ({@link io.github.lanewise.kernel.attention.DecodeChunk}) puts the head dimension along
 * the lanes, sweeps rows of keys and values in the order in which they lie in memory, and splits
 * long caches into chunks that are merged in a fixed order ("Flash-Decoding", Dao et al. 2023).
 *
 * <p>What belongs here: attention on raw addresses. No threads, no checks.
 */
@NullMarked
package io.github.lanewise.kernel.attention;

import org.jspecify.annotations.NullMarked;
