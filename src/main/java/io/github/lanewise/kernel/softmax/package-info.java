/**
 * Softmax of rows: several rows in one vector where they are that short, pieces with an online
 * maximum above. What belongs here: rows at raw addresses; no threads, no checks.
 */
@NullMarked
package io.github.lanewise.kernel.softmax;

import org.jspecify.annotations.NullMarked;
