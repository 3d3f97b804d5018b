/**
 * Data in files and streams: small JSON files that people write, JSON lines, and the weight files
 * of others, which are mapped and may be hostile.
 *
 * <p>What belongs here: readers and writers that know a format and nothing of what the data is for.
 */
@NullMarked
package io.github.lanewise.format;

import org.jspecify.annotations.NullMarked;
