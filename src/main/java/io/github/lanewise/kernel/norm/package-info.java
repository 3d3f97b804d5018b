/** Normalisation of rows. What belongs here: rows at raw addresses; no threads, no checks. */
@NullMarked
package io.github.lanewise.kernel.norm;

import org.jspecify.annotations.NullMarked;
