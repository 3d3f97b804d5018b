/**
 * Rotary position embedding. What belongs here: tables and the rotation of one row at raw
 * addresses; no threads, no checks.
 */
@NullMarked
package io.github.lanewise.kernel.rope;

import org.jspecify.annotations.NullMarked;
