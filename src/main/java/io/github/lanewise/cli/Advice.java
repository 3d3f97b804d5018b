package io.github.lanewise.cli;

import io.github.lanewise.op.MachineLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is wrong and what to do about it; nothing where all is well. */
final class Advice {
  private static final int KNOWN_JDK = 25;

  private Advice() {}

  static List<String> of(List<KernelCheck.Result> kernels) {
    if (!MachineLimits.hasHardwareFma()) {
      return List.of(
          "NOT OK: this JVM has no hardware multiply-add (fma), so kernels are thousands of times"
              + " slower and were not measured.",
          "  Remove -XX:UseAVX=0, -XX:UseSSE or -XX:-UseFMA if given; else take a CPU with FMA3"
              + " (x86 since 2013) or an ARM64 one.");
    }
    List<String> slow =
        kernels.stream().filter(kernel -> !kernel.ok()).map(KernelCheck.Result::name).toList();
    if (slow.isEmpty()) {
      return List.of();
    }
    List<String> advice = new ArrayList<>();
    advice.add(
        "NOT OK: on the cliff in this JVM: " + slow.stream().collect(Collectors.joining("; ")));
    if (!MachineLimits.hasCompilerDirectives()) {
      advice.add(
          "  The compiler directives are not in force: remove -Dlanewise.jit.directives,"
              + " and run on HotSpot with the modules java.management and jdk.management.");
    }
    if (MachineLimits.vectorBits() < 256 && System.getProperty("os.arch", "").equals("amd64")) {
      advice.add(
          "  Vectors have only "
              + MachineLimits.vectorBits()
              + " bits: remove -XX:UseAVX and -XX:MaxVectorSize if given.");
    }
    if (Runtime.version().feature() != KNOWN_JDK) {
      advice.add(
          "  The kernels are tuned for JDK " + KNOWN_JDK + ", this is " + Runtime.version() + ".");
    }
    advice.add(
        "  Run doctor again while the machine is idle; if the same kernel stays slow, start the JVM"
            + " with -XX:-TieredCompilation and report it with this output.");
    return advice;
  }
}
