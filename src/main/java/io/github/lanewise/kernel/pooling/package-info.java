/**
 * From the rows of a sequence to one row. What belongs here: rows at raw addresses; no threads, no
 * checks.
 */
@NullMarked
package io.github.lanewise.kernel.pooling;

import org.jspecify.annotations.NullMarked;
