/** Normalisation of rows. What belongs here: one row at raw addresses; no threads, no checks. */
@NullMarked
package io.github.lanewise.kernel.norm;

import org.jspecify.annotations.NullMarked;
