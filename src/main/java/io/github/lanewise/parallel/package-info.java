/**
 * The worker team: splits an operation into numbered tasks and runs them on a fixed set of threads.
 *
 * <p>What belongs here: threads and how they find work. Nothing here knows what a task computes; a
 * task must own its output and must not depend on which thread runs it, so that results are the
 * same bits for any number of threads.
 */
@NullMarked
package io.github.lanewise.parallel;

import org.jspecify.annotations.NullMarked;
