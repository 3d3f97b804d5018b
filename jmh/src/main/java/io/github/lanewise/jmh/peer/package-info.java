/**
 * Other libraries behind one interface, {@link io.github.lanewise.bench.Peer}: native ones and the
 * fastest in Java, each with the settings that suit it best. The benchmarks here and {@code
 * ./lanewise bench --compare} share them.
 */
package io.github.lanewise.jmh.peer;
