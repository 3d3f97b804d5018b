/**
 * Vision transformers: from the pixels of an image to scores of classes.
 *
 * <p>What belongs here: the config, how an image file becomes rows of patches, and the forward pass
 * around an {@link io.github.lanewise.model.Encoder}. Images are read with {@code javax.imageio} of
 * module {@code java.desktop}, which is needed for nothing else here; no screen is.
 */
@NullMarked
package io.github.lanewise.model.vision;

import org.jspecify.annotations.NullMarked;
