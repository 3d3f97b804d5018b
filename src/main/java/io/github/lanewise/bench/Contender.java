package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import java.util.List;

/**
 * One who does the work.
 *
 * @param version empty for ours
 * @param calls one a copy of the rotated data, to be gone through in a circle
 * @param output what the first call writes
 */
record Contender(String name, String version, List<Runnable> calls, Matrix output) {}
