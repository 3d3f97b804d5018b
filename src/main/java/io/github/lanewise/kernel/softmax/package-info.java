/** Softmax of rows. What belongs here: one row at raw addresses; no threads, no checks. */
@NullMarked
package io.github.lanewise.kernel.softmax;

import org.jspecify.annotations.NullMarked;
