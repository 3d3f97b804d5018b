package io.github.lanewise.bench;

import io.github.lanewise.memory.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntFunction;

/**
 * Everyone who does the same work on the same data: we first, then the peers that can. To be closed
 * before the data are.
 */
final class Contest implements AutoCloseable {
  private final String kernel;
  private final Contender ours;
  private final List<Contender> peers = new ArrayList<>();
  private final List<Peer.Task> tasks = new ArrayList<>();
  private final List<String> absent = new ArrayList<>();
  private Runnable last = () -> {};

  /** Sets up a workload, its data and the calls on them. */
  static Contest of(Workload workload, Setup setup) {
    return switch (workload) {
      case GemmWorkload gemm -> gemm.prepare(setup);
      case SoftmaxWorkload softmax -> softmax.prepare(setup);
      case AttentionWorkload attention -> attention.prepare(setup);
      case EmbedWorkload embed -> embed.prepare(setup);
    };
  }

  /** Ours alone; {@link #with} adds the others. */
  Contest(String kernel, List<Runnable> calls, Matrix output) {
    this.kernel = kernel;
    ours = new Contender("lanewise", "", calls, output);
  }

  /**
   * Adds the peers of a setup.
   *
   * @param task makes a peer's call on copy i
   * @param output what that call writes on copy 0
   */
  Contest with(Setup setup, BiFunction<Peer, Integer, Optional<Peer.Task>> task, Matrix output) {
    for (Peer peer : setup.peers()) {
      try {
        List<Runnable> calls = calls(setup.copies(), i -> task.apply(peer, i));
        if (calls.isEmpty()) {
          absent.add(peer.name() + " has no such operation");
        } else {
          peers.add(new Contender(peer.name(), peer.version(), calls, output));
        }
      } catch (RuntimeException | LinkageError failed) {
        absent.add(peer.name() + " failed: " + failed);
      }
    }
    return this;
  }

  /** A peer's calls, one a copy; none if it has no such operation. */
  private List<Runnable> calls(int copies, IntFunction<Optional<Peer.Task>> task) {
    List<Runnable> calls = new ArrayList<>();
    for (int i = 0; i < copies; i++) {
      Optional<Peer.Task> call = task.apply(i);
      if (call.isEmpty()) {
        return List.of();
      }
      tasks.add(call.get());
      calls.add(call.get()::run);
    }
    return calls;
  }

  /** Does this when closed. */
  void closing(Runnable action) {
    last = action;
  }

  /** Name of the kernel that our operation chose. */
  String kernel() {
    return kernel;
  }

  Contender ours() {
    return ours;
  }

  List<Contender> peers() {
    return peers;
  }

  /** What is said of the peers that take no part. */
  List<String> absent() {
    return absent;
  }

  List<Contender> all() {
    List<Contender> all = new ArrayList<>();
    all.add(ours);
    all.addAll(peers);
    return all;
  }

  @Override
  public void close() {
    tasks.forEach(Peer.Task::close);
    last.run();
  }
}
