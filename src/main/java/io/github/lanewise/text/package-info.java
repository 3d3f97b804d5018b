/**
 * Text to token ids and back to what a token was.
 *
 * <p>What belongs here: the face of a tokenizer, and the one class that calls the library behind it
 * (Hugging Face's tokenizers through {@code ai.djl.huggingface:tokenizers}, an optional
 * dependency). No model, no weights; nothing here reaches for the network, the native library is
 * unpacked into the cache folder.
 */
@NullMarked
package io.github.lanewise.text;

import org.jspecify.annotations.NullMarked;
