/**
 * The command line: one class a command, and what commands share.
 *
 * <p>What belongs here: reading arguments, reporting, exit codes. Commands measure and run models
 * through {@code op}, {@code bench} and {@code model} like any application; nothing is computed
 * here. picocli, the progress bar and the histogram are used nowhere else. Besides those, {@code
 * format} is used, to write JSON lines.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 wrong usage. An error is one line on standard error that says
 * what to do; {@code -Dlanewise.debug=true} adds the stack trace.
 */
@NullMarked
package io.github.lanewise.cli;

import org.jspecify.annotations.NullMarked;
